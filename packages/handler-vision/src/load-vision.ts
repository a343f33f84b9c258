import type { LoadOptions } from '@llmi/core';
import { folderOfModel, readModelFolder } from '@llmi/runtime-onnx';
import { VisionHandler } from './handler.js';
import { folderLayout } from './folder-layout.js';

/**
 * A model of a local folder, in memory and ready for `processImage`; dispose of it to free the memory.
 * @throws {LlmiError} MODEL_NOT_FOUND, and what `loadModel` throws
 */
export async function loadVision(path: string, options?: LoadOptions): Promise<VisionHandler> {
  const handler = new VisionHandler(await readModelFolder(folderOfModel(path), folderLayout));
  await handler.loadModel(path, options);
  return handler;
}
