import { join } from 'node:path';
import { LlmiError, type LoadOptions, type ModelInfo } from '@llmi/core';
import type { LlamaEmbeddingModel } from '@llmi/runtime-llama-cpp';
import type { EncoderGraph } from '../encoder-graph.js';
import { importLlama } from '../llama-library.js';
import { chooseGguf } from './gguf-files.js';
import { openGgufTokenizer, type GgufTokenizer } from './gguf-tokenizer.js';

/** A GGUF model in memory, and what it was loaded from. */
export interface OpenGguf {
  native: LlamaEmbeddingModel;
  tokenizer: GgufTokenizer;
  quantization: string;
}

/** @throws {LlmiError} what loading a GGUF file throws, DEPENDENCY_MISSING */
export async function openGguf(folder: string, model: ModelInfo, maxTokens: number, options: LoadOptions): Promise<OpenGguf> {
  const { quantization, path } = chooseGguf(model, options.quantization ?? options.dtype);
  const { LlamaEmbeddingModel } = await importLlama();
  const { threads, signal, onProgress, device } = options;
  const native = await LlamaEmbeddingModel.load(join(folder, path), { contextSize: maxTokens, threads, device: device ?? 'cpu', signal, onProgress });
  try {
    return { native, tokenizer: await openGgufTokenizer(folder, native), quantization };
  } catch (error) {
    await native[Symbol.asyncDispose]();
    throw error;
  }
}

/** llama.cpp as an encoder that pools by itself: the vectors of some texts, one after the other. */
export function ggufEncoder(native: LlamaEmbeddingModel): EncoderGraph {
  return {
    poolsItself: true,
    async run(texts, _padId, signal) {
      const vectors: Float32Array[] = [];
      for (const { ids } of texts) {
        signal?.throwIfAborted();
        if (ids.length === 0) throw new LlmiError('INPUT_INVALID', { message: 'A text has no tokens that a vector could be made of.', hint: 'Give it some content.', param: 'texts' });
        vectors.push(await native.embed(ids));
      }
      const dim = vectors[0]!.length;
      const values = new Float32Array(vectors.length * dim); // [batch, dim]
      vectors.forEach((vector, row) => values.set(vector, row * dim));
      return { values, tokens: 1, dim };
    },
  };
}
