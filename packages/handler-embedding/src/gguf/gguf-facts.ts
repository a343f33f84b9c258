import { type GgufFacts, LlmiError, type ModelInfo } from '@llmi/core';
import type { EmbedFacts } from '../options.js';
import type { PoolingMode } from '../pooling.js';
import { readTextSettings } from '../text-settings.js';

/** Longer texts are cut unless asked for: keys, values and, for an encoder, all tokens of a text are in memory at once. */
const usualMaxTokens = 8192;

/** By the numbers of llama_pooling_type. A causal model whose file says nothing gives its last token, as in sentence-transformers. */
const poolings: Record<number, PoolingMode> = { 1: 'mean', 2: 'cls', 3: 'lasttoken' };

/**
 * How a GGUF embedding model works: pooling, width and context from its header, prompts from the files beside it. Vectors are scaled to
 * length 1 unless a request says otherwise: the format cannot say it, and llama.cpp's server and others do so.
 * @throws {LlmiError} MODEL_FILE_CORRUPT without a header
 */
export function readGgufEmbedFacts(model: ModelInfo): EmbedFacts {
  const { architecture, metadata } = ggufOf(model);
  const number = (name: string) => numberAt(metadata, `${architecture}.${name}`);
  const settings = readTextSettings(model, '');
  const positions = number('context_length');
  const stated = model.json['sentence_bert_config.json'] === undefined ? usualMaxTokens : settings.maxTokens;
  return {
    pipeline: {
      transformerFolder: '',
      pooling: [poolings[number('pooling_type') ?? 0] ?? 'lasttoken'],
      includePrompt: true,
      steps: [],
      normalized: true,
      dimensions: number('embedding_length_out') ?? number('embedding_length'),
      declared: true,
    },
    settings: { ...settings, maxTokens: Math.min(stated, positions ?? Infinity), positionLimit: positions, lowercase: false },
  };
}

/** @throws {LlmiError} MODEL_FILE_CORRUPT */
export function ggufOf(model: ModelInfo): GgufFacts {
  if (model.gguf) return model.gguf;
  throw new LlmiError('MODEL_FILE_CORRUPT', { message: 'The header of the .gguf file could not be read.', hint: 'Install the model again.' });
}

function numberAt(metadata: Readonly<Record<string, unknown>>, key: string): number | undefined {
  const value = metadata[key];
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
}
