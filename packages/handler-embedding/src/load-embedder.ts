import { join, relative } from 'node:path';
import type { LoadOptions, ModelInfo } from '@llmi/core';
import { folderOfModel, readModelFolder } from '@llmi/runtime-onnx';
import { EmbeddingHandler } from './handler.js';
import { folderLayout } from './folder-layout.js';
import { chooseGguf, isGguf } from './gguf/gguf-files.js';
import { JointEmbeddingHandler } from './joint/joint-handler.js';
import { importLlama } from './llama-library.js';
import type { ModelFolderHandler } from './model-folder-handler.js';
import { RerankerHandler } from './rerank/reranker-handler.js';

/**
 * An embedding model of a local folder (or one of its .onnx or .gguf files), in memory and ready for `embedText`; dispose of it to free
 * the memory.
 * @throws {LlmiError} MODEL_NOT_FOUND, and what `loadModel` throws
 */
export async function loadEmbedder(path: string, options?: LoadOptions): Promise<EmbeddingHandler> {
  return loaded(new EmbeddingHandler(await readFactsOf(path, options)), path, options);
}

/** The same for a reranker, ready for `rerank`. */
export async function loadReranker(path: string, options?: LoadOptions): Promise<RerankerHandler> {
  return loaded(new RerankerHandler(await readFactsOf(path, options)), path, options);
}

/** The same for a model of texts and pictures, ready for `embedText`, `embedImage` and `embedMultimodal`. */
export async function loadJointEmbedder(path: string, options?: LoadOptions): Promise<JointEmbeddingHandler> {
  return loaded(new JointEmbeddingHandler(await readFactsOf(path, options)), path, options);
}

async function loaded<Handler extends ModelFolderHandler<never> | EmbeddingHandler | RerankerHandler | JointEmbeddingHandler>(handler: Handler, path: string, options?: LoadOptions): Promise<Handler> {
  await handler.loadModel(path, options);
  return handler;
}

/** The facts of a local model; of a GGUF file its header too, which the hub would have read. */
async function readFactsOf(path: string, options: LoadOptions = {}): Promise<ModelInfo> {
  const folder = folderOfModel(path);
  const model = await readModelFolder(folder, folderLayout);
  if (/\.gguf$/i.test(path)) model.chosenFiles = [relative(folder, path).replaceAll('\\', '/')];
  if (!isGguf(model)) return model;
  const { readGgufFacts } = await importLlama();
  const file = chooseGguf(model, options.quantization ?? options.dtype);
  return { ...model, gguf: await readGgufFacts(join(folder, file.path)) };
}
