import { setImmediate } from 'node:timers/promises';
import { doneEvent, LlmiError, type GenerateEvent } from '@llmi/core';
import { makeBatches } from '../batches.js';
import { notFinite } from '../finish-vector.js';
import type { EncodedText } from '../tokenizer/text-tokenizer.js';
import type { RerankOptions } from './options.js';

/** Everything that scores documents, in memory. */
export interface Reranker {
  /** Query and documents as pairs, cut at what the model takes. */
  encodePairs(query: string, documents: readonly string[]): Iterable<EncodedText>;
  /** The scores of pairs, one for each. */
  score(pairs: readonly EncodedText[], signal?: AbortSignal): Promise<number[]>;
  maxTokens: number;
}

/** Pairs tokenized before other work gets its turn: some milliseconds. */
const pairsPerTurn = 50;

/**
 * Ranks documents: 1 tokenize, 2 batches of like lengths, 3 scores of each, 4 the best first, equal ones in the order they came. Stops
 * between batches.
 * @throws {LlmiError} CONTEXT_LENGTH_EXCEEDED, MODEL_FILE_CORRUPT for numbers that are none, MODEL_DISPOSED
 */
export async function* rerank(reranker: Reranker, { query, documents, topN, truncate }: RerankOptions, signal?: AbortSignal): AsyncGenerator<GenerateEvent> {
  const started = performance.now();
  const pairs: EncodedText[] = [];
  for (const pair of reranker.encodePairs(query, documents)) {
    if (!truncate && pair.fullLength > reranker.maxTokens) throw tooLong(pairs.length, pair.fullLength, reranker.maxTokens);
    pairs.push(pair);
    if (pairs.length % pairsPerTurn === 0) await setImmediate();
    signal?.throwIfAborted();
  }
  const tokenized = performance.now();
  const batches = makeBatches(pairs.map(({ ids }) => ids.length));
  const scores: number[] = new Array(documents.length);
  for (const [step, batch] of batches.entries()) {
    signal?.throwIfAborted();
    const made = await reranker.score(batch.map((index) => pairs[index]!), signal);
    batch.forEach((index, row) => (scores[index] = made[row]!));
    if (batches.length > 1) yield { type: 'progress', stage: 'rerank', step: step + 1, steps: batches.length };
  }
  signal?.throwIfAborted();
  if (!scores.every(Number.isFinite)) throw notFinite();
  const results = scores.map((score, index) => ({ index, score })).sort((left, right) => right.score - left.score || left.index - right.index);
  const promptTokens = pairs.reduce((sum, { ids }) => sum + ids.length, 0);
  const truncated = pairs.flatMap(({ ids, fullLength }, index) => (fullLength > ids.length ? [index] : []));
  yield doneEvent(
    {
      type: 'rerank',
      results: results.slice(0, topN),
      usage: { promptTokens, completionTokens: 0, totalTokens: promptTokens },
      ...(truncated.length > 0 ? { truncated } : {}),
    },
    { tokenize: tokenized - started, rerank: performance.now() - tokenized },
  );
}

function tooLong(index: number, tokens: number, maxTokens: number): LlmiError {
  return new LlmiError('CONTEXT_LENGTH_EXCEEDED', {
    message: `Document ${index} has ${tokens} tokens together with the query; this model takes ${maxTokens}.`,
    hint: 'Shorten or split it, or leave "truncate" out to have it cut.',
    param: `documents[${index}]`,
  });
}
