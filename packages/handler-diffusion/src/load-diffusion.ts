import { jsonFile } from '@llmi/core';
import { readModelFolder } from '@llmi/runtime-onnx';
import { folderLayout } from './folder-layout.js';
import { DiffusionHandler } from './handler.js';
import type { DiffusionLoadOptions } from './loaded-diffusion-model.js';

/**
 * A model of a local folder, in memory and ready for `generateImage` or `generateVideo`; dispose of it to free the memory.
 * @throws {LlmiError} MODEL_NOT_FOUND, and what `loadModel` throws
 */
export async function loadDiffusion(path: string, options?: DiffusionLoadOptions): Promise<DiffusionHandler> {
  const found = await readModelFolder(path, folderLayout);
  const pipelineClass = jsonFile(found, 'model_index.json')?._class_name;
  const handler = new DiffusionHandler({ ...found, ...(typeof pipelineClass === 'string' ? { pipelineClass } : {}) });
  await handler.loadModel(path, options);
  return handler;
}
