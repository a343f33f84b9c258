import { setImmediate } from 'node:timers/promises';
import { doneEvent, LlmiError, type GenerateEvent } from '@llmi/core';
import { makeBatches } from './batches.js';
import { embedChunks } from './embed-chunks.js';
import type { EncodedBatch, EncoderGraph } from './encoder-graph.js';
import { finishVector } from './finish-vector.js';
import type { EmbedOptions } from './options.js';
import { poolTokens } from './pooling.js';
import { quantizeVectors } from './quantize-vectors.js';
import type { EncodedText, TextEncoder } from './tokenizer/text-tokenizer.js';
import type { LoadedStep } from './vector-steps.js';

/** Everything that makes vectors of texts, in memory. */
export interface Embedder {
  tokenizer: TextEncoder;
  graph: EncoderGraph;
  steps: readonly LoadedStep[];
  maxTokens: number;
  /** False leaves the tokens of the prompt out of pooling. */
  includePrompt: boolean;
}

/** Characters tokenized before other work gets its turn: some milliseconds. */
const charactersPerTurn = 100_000;

/** What a request's texts became, before its number format. */
interface Embedded {
  vectors: Float32Array[];
  promptTokens: number;
  truncated: number[];
  chunks?: { index: number; start: number; end: number }[];
  /** Milliseconds. */
  tokenizing?: number;
}

/**
 * Embeds texts: 1 tokenize, 2 batches of like lengths, 3 encode and pool each, 4 the answer in the order of the texts. Stops between
 * batches.
 * @throws {LlmiError} CONTEXT_LENGTH_EXCEEDED, INPUT_INVALID, MODEL_FILE_CORRUPT for numbers that are none, MODEL_DISPOSED
 */
export async function* embed(embedder: Embedder, options: EmbedOptions, signal?: AbortSignal): AsyncGenerator<GenerateEvent> {
  const started = performance.now();
  const { vectors, promptTokens, truncated, chunks, tokenizing = 0 } = yield* options.chunkTokens === undefined
    ? embedWhole(embedder, options, signal)
    : embedInChunks(embedder, options, options.chunkTokens, signal);
  signal?.throwIfAborted();
  const { embeddings, ranges } = quantizeVectors(vectors, options.precision, options.ranges);
  yield doneEvent(
    {
      type: 'embedding',
      embeddings,
      dimensions: embeddings[0]!.length,
      usage: { promptTokens, completionTokens: 0, totalTokens: promptTokens },
      ...(truncated.length > 0 ? { truncated } : {}),
      ...(ranges ? { ranges } : {}),
      ...(chunks ? { chunks } : {}),
    },
    { tokenize: tokenizing, embed: performance.now() - started - tokenizing },
  );
}

/** A vector for each text. */
async function* embedWhole(embedder: Embedder, options: EmbedOptions, signal?: AbortSignal): AsyncGenerator<GenerateEvent, Embedded> {
  const started = performance.now();
  const encoded = await tokenizeAll(embedder, options, signal);
  const tokenizing = performance.now() - started;
  const batches = makeBatches(encoded.map(({ ids }) => ids.length));
  const vectors: Float32Array[] = new Array(encoded.length);
  for (const [step, batch] of batches.entries()) {
    signal?.throwIfAborted();
    const texts = batch.map((index) => encoded[index]!);
    const made = await embedder.graph.run(texts, embedder.tokenizer.padId, signal);
    batch.forEach((index, row) => (vectors[index] = finishVector(vectorOf(embedder, options, made, row, texts[row]!), options)));
    if (batches.length > 1) yield { type: 'progress', stage: 'embed', step: step + 1, steps: batches.length };
  }
  const promptTokens = encoded.reduce((sum, { ids }) => sum + ids.length, 0);
  const truncated = encoded.flatMap(({ ids, fullLength }, index) => (fullLength > ids.length ? [index] : []));
  return { vectors, promptTokens, truncated, tokenizing };
}

/** A vector for each piece of each text. */
async function* embedInChunks(embedder: Embedder, options: EmbedOptions, chunkTokens: number, signal?: AbortSignal): AsyncGenerator<GenerateEvent, Embedded> {
  const result = { vectors: [] as Float32Array[], promptTokens: 0, truncated: [], chunks: [] as { index: number; start: number; end: number }[] };
  for (const [index, text] of options.texts.entries()) {
    await setImmediate();
    signal?.throwIfAborted();
    const { vectors, chunks, tokens } = await embedChunks(embedder, options, text, chunkTokens, signal);
    result.vectors.push(...vectors);
    result.chunks.push(...chunks.map(({ start, end }) => ({ index, start, end })));
    result.promptTokens += tokens;
    if (options.texts.length > 1) yield { type: 'progress', stage: 'embed', step: index + 1, steps: options.texts.length };
  }
  return result;
}

async function tokenizeAll({ tokenizer, graph, maxTokens, includePrompt }: Embedder, options: EmbedOptions, signal?: AbortSignal): Promise<EncodedText[]> {
  const encoded: EncodedText[] = [];
  let characters = 0;
  for (const [index, text] of options.texts.entries()) {
    characters += text.length;
    if (characters > charactersPerTurn) {
      await setImmediate();
      characters = 0;
    }
    signal?.throwIfAborted();
    const tokens = tokenizer.encode(text, options.prompt, maxTokens);
    if (!options.truncate && tokens.fullLength > maxTokens) throw tooLong(index, tokens.fullLength, maxTokens);
    const pooled = tokens.ids.length - (includePrompt || graph.poolsItself ? 0 : tokens.promptTokens);
    if (pooled <= 0) throw empty(index);
    encoded.push(tokens);
  }
  return encoded;
}

/** One row of a batch, pooled and through the model's steps. */
function vectorOf({ steps, includePrompt, graph }: Embedder, { pooling }: EmbedOptions, { values, tokens, dim }: EncodedBatch, row: number, text: EncodedText): Float32Array {
  if (graph.poolsItself) return values.slice(row * dim, (row + 1) * dim);
  const skipped = includePrompt ? 0 : text.promptTokens;
  const start = row * tokens;
  const pooled = poolTokens(values.subarray((start + skipped) * dim, (start + text.ids.length) * dim), dim, skipped, pooling);
  return steps.reduce((vector, step) => step(vector), pooled);
}

function tooLong(index: number, tokens: number, maxTokens: number): LlmiError {
  return new LlmiError('CONTEXT_LENGTH_EXCEEDED', {
    message: `Text ${index} has ${tokens} tokens; this model takes ${maxTokens}.`,
    hint: 'Shorten or split it, or leave "truncate" out to have it cut.',
    param: `texts[${index}]`,
  });
}

function empty(index: number): LlmiError {
  return new LlmiError('INPUT_INVALID', {
    message: `Text ${index} has no tokens that a vector could be made of.`,
    hint: 'Give it some content.',
    param: `texts[${index}]`,
  });
}
