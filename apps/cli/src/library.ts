import { load as loadModel, type LoadModelOptions, type Model } from '@llmi/engine';
import { packageFolder } from './package-folder.js';

/**
 * Loads a model by hub id, folder or .gguf file, and installs it first when it is not there yet; the handlers that come with llmi are there,
 * and those of the program's own project. `await using` gives its memory back.
 * @throws {LlmiError} MODEL_NOT_FOUND, HANDLER_NOT_FOUND, MEMORY_INSUFFICIENT ...
 */
export function load(reference: string, options: LoadModelOptions = {}): Promise<Model> {
  return loadModel(reference, { installationDir: packageFolder, ...options });
}
