import type { LoadOptions } from '@llmi/core';
import { folderOfModel, readModelFolder } from '@llmi/runtime-onnx';
import { EmbeddingHandler } from './handler.js';
import { folderLayout } from './folder-layout.js';

/**
 * A model of a local folder, in memory and ready for `embedText`; dispose of it to free the memory.
 * @throws {LlmiError} MODEL_NOT_FOUND, and what `loadModel` throws
 */
export async function loadEmbedder(path: string, options?: LoadOptions): Promise<EmbeddingHandler> {
  const handler = new EmbeddingHandler(await readModelFolder(folderOfModel(path), folderLayout));
  await handler.loadModel(path, options);
  return handler;
}
