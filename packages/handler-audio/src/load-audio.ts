import type { LoadOptions } from '@llmi/core';
import { folderOfModel, readModelFolder } from '@llmi/runtime-onnx';
import { folderLayout } from './folder-layout.js';
import { AudioHandler } from './handler.js';

/**
 * A model of a local folder, in memory and ready for `transcribe`, `synthesizeSpeech` or `classifyAudio`; dispose of it to free the memory.
 * @throws {LlmiError} MODEL_NOT_FOUND, and what `loadModel` throws
 */
export async function loadAudio(path: string, options?: LoadOptions): Promise<AudioHandler> {
  const handler = new AudioHandler(await readModelFolder(folderOfModel(path), folderLayout));
  await handler.loadModel(path, options);
  return handler;
}
