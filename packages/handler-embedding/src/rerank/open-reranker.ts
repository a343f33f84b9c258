import { join } from 'node:path';
import { jsonFile, LlmiError, type LoadedModelInfo, type LoadOptions, type ModelInfo } from '@llmi/core';
import { OnnxSession, toFloat32 } from '@llmi/runtime-onnx';
import { longest, textFeeds } from '../graph-feeds.js';
import { isGguf } from '../gguf/gguf-files.js';
import { ggufOf } from '../gguf/gguf-facts.js';
import { openGguf } from '../gguf/open-gguf.js';
import { chooseMaxTokens } from '../load-options.js';
import { chooseOnnx } from '../onnx-files.js';
import { TextTokenizer, type EncodedText } from '../tokenizer/text-tokenizer.js';
import type { Reranker } from './rerank.js';
import type { RerankSettings } from './rerank-settings.js';
import { scoreOf } from './score.js';

export interface OpenReranker {
  info: Omit<LoadedModelInfo, 'parallel'>;
  reranker: Reranker;
  native: AsyncDisposable;
}

const exportHint = 'Export it as a classifier of texts: optimum-cli export onnx --task text-classification.';

/** @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT, MODEL_FORMAT_UNSUPPORTED, FILE_CHOICE_EMPTY, MODEL_LOAD_FAILED, DEPENDENCY_MISSING */
export async function openReranker(folder: string, model: ModelInfo, settings: RerankSettings, options: LoadOptions): Promise<OpenReranker> {
  const maxTokens = chooseMaxTokens(settings, options.contextSize);
  return isGguf(model) ? openGgufReranker(folder, model, maxTokens, options) : openOnnxReranker(folder, model, settings, maxTokens, options);
}

async function openOnnxReranker(folder: string, model: ModelInfo, settings: RerankSettings, maxTokens: number, options: LoadOptions): Promise<OpenReranker> {
  const file = chooseOnnx(model, options.quantization ?? options.dtype);
  const padTokenId = jsonFile(model, 'config.json')?.pad_token_id;
  options.onProgress?.({ stage: 'tokenizer' });
  const tokenizer = await TextTokenizer.load(folder, { lowercase: settings.lowercase, ...(typeof padTokenId === 'number' ? { padTokenId } : {}) });
  options.onProgress?.({ stage: 'weights' });
  const session = await OnnxSession.load(join(folder, file.path), { device: options.device, threads: options.threads, signal: options.signal });
  try {
    const score = onnxScorer(session, model, tokenizer.padId);
    return {
      info: { device: session.device, dtype: file.dtype, contextLength: maxTokens, threads: session.threads },
      reranker: { maxTokens, encodePairs: pairsOf(tokenizer, maxTokens), score },
      native: session,
    };
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
}

/** Logits of [batch, labels] to scores, as the model says. */
function onnxScorer(session: OnnxSession, model: ModelInfo, padId: number): Reranker['score'] {
  const output = session.outputs.find(({ name }) => name === 'logits') ?? (session.outputs.length === 1 ? session.outputs[0] : undefined);
  if (!output) {
    throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: `The graph of this model gives ${session.outputs.map(({ name }) => name).join(', ')}, but no logits.`, hint: exportHint });
  }
  const feeds = textFeeds(session, exportHint);
  const known = output.shape.at(-1);
  if (typeof known === 'number' && known > 0) scoreOf(model, known); // tells now what cannot be ranked by
  return async (pairs, signal) => {
    const { [output.name]: logits } = await session.run(feeds(pairs, longest(pairs), padId), { outputs: [output.name], signal });
    const values = toFloat32(logits!);
    const labels = values.length / pairs.length;
    const score = scoreOf(model, labels);
    return pairs.map((_, row) => score(values.subarray(row * labels, (row + 1) * labels)));
  };
}

async function openGgufReranker(folder: string, model: ModelInfo, maxTokens: number, options: LoadOptions): Promise<OpenReranker> {
  refuseUnrankable(model);
  const { native, tokenizer, quantization } = await openGguf(folder, model, maxTokens, options);
  const { device, contextLength, threads } = native.info;
  return {
    info: { device, dtype: quantization, contextLength, threads },
    reranker: {
      maxTokens: contextLength,
      encodePairs: pairsOf(tokenizer, contextLength),
      async score(pairs, signal) {
        const scores: number[] = [];
        for (const { ids } of pairs) {
          signal?.throwIfAborted();
          scores.push(await native.rank(ids));
        }
        return scores;
      },
    },
    native,
  };
}

/**
 * llama.cpp gives every token the first type: a model that tells query and document apart by it would rank wrongly. A language model
 * ranks by a prompt of its own, which pairs of texts are not.
 */
function refuseUnrankable(model: ModelInfo): void {
  const { architecture, metadata } = ggufOf(model);
  const isEncoder = metadata[`${architecture}.attention.causal`] === false;
  if (isEncoder && Number(metadata['tokenizer.ggml.token_type_count'] ?? 1) < 2) return;
  throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
    message: isEncoder ? 'llama.cpp cannot tell the query from the document in this model: it leaves out token types.' : 'This model ranks by a prompt, which llmi cannot write yet.',
    hint: isEncoder ? 'Install the same reranker in ONNX format.' : 'Use a cross-encoder, such as one of the BGE or MiniLM rerankers.',
  });
}

interface PairTokenizer {
  content(text: string): number[];
  encodePair(left: number[], right: number[], maxTokens: number): EncodedText;
}

function pairsOf(tokenizer: PairTokenizer, maxTokens: number): Reranker['encodePairs'] {
  return function* (query, documents) {
    const left = tokenizer.content(query);
    for (const document of documents) yield tokenizer.encodePair(left, tokenizer.content(document), maxTokens);
  };
}
