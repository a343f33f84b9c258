import type { LoadOptions } from '@llmi/core';
import { folderOfModel, readModelFolder } from '@llmi/runtime-onnx';
import { folderLayout } from './folder-layout.js';
import { JanusHandler } from './handler.js';

/**
 * A model of a local folder, in memory and ready for `generateText` and `generateImage`; dispose of it to free the memory.
 * @throws {LlmiError} MODEL_NOT_FOUND, and what `loadModel` throws
 */
export async function loadJanus(path: string, options?: LoadOptions): Promise<JanusHandler> {
  const handler = new JanusHandler(await readModelFolder(folderOfModel(path), folderLayout));
  await handler.loadModel(path, options);
  return handler;
}
