import type { LoadOptions } from '@llmi/core';
import { folderOfModel, readModelFolder } from '@llmi/runtime-onnx';
import { folderLayout } from './folder-layout.js';
import { SpecializedHandler } from './handler.js';

/**
 * A model of a local folder, in memory and ready for `processText` or `generateText`; dispose of it to free the memory.
 * @throws {LlmiError} MODEL_NOT_FOUND, and what `loadModel` throws
 */
export async function loadSpecialized(path: string, options?: LoadOptions): Promise<SpecializedHandler> {
  const handler = new SpecializedHandler(await readModelFolder(folderOfModel(path), folderLayout));
  await handler.loadModel(path, options);
  return handler;
}
