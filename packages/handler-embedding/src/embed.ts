import { setImmediate } from 'node:timers/promises';
import { doneEvent, LlmiError, type GenerateEvent } from '@llmi/core';
import { makeBatches } from './batches.js';
import type { EncodedBatch, EncoderGraph } from './encoder-graph.js';
import { tooManyDimensions, type EmbedOptions } from './options.js';
import { normalize, poolTokens } from './pooling.js';
import type { EncodedText, TextTokenizer } from './tokenizer/text-tokenizer.js';
import type { LoadedStep } from './vector-steps.js';

/** Everything that makes vectors of texts, in memory. */
export interface Embedder {
  tokenizer: TextTokenizer;
  graph: EncoderGraph;
  steps: readonly LoadedStep[];
  maxTokens: number;
  /** False leaves the tokens of the prompt out of pooling. */
  includePrompt: boolean;
}

/** Characters tokenized before other work gets its turn: some milliseconds. */
const charactersPerTurn = 100_000;

/**
 * Embeds texts: 1 tokenize, 2 batches of like lengths, 3 encode and pool each, 4 the answer in the order of the texts. Stops between
 * batches.
 * @throws {LlmiError} CONTEXT_LENGTH_EXCEEDED, INPUT_INVALID, MODEL_DISPOSED
 */
export async function* embed(embedder: Embedder, options: EmbedOptions, signal?: AbortSignal): AsyncGenerator<GenerateEvent> {
  const started = performance.now();
  const encoded = await tokenizeAll(embedder, options, signal);
  const tokenized = performance.now();
  const batches = makeBatches(encoded.map(({ ids }) => ids.length));
  const embeddings: number[][] = new Array(encoded.length);
  for (const [step, batch] of batches.entries()) {
    signal?.throwIfAborted();
    const texts = batch.map((index) => encoded[index]!);
    const vectors = await embedder.graph.run(texts, embedder.tokenizer.padId, signal);
    batch.forEach((index, row) => (embeddings[index] = finish(embedder, options, vectors, row, texts[row]!)));
    if (batches.length > 1) yield { type: 'progress', stage: 'embed', step: step + 1, steps: batches.length };
  }
  signal?.throwIfAborted();
  const promptTokens = encoded.reduce((sum, { ids }) => sum + ids.length, 0);
  const truncated = encoded.flatMap(({ ids, fullLength }, index) => (fullLength > ids.length ? [index] : []));
  yield doneEvent(
    {
      type: 'embedding',
      embeddings,
      dimensions: embeddings[0]!.length,
      usage: { promptTokens, completionTokens: 0, totalTokens: promptTokens },
      ...(truncated.length > 0 ? { truncated } : {}),
    },
    { tokenize: tokenized - started, embed: performance.now() - tokenized },
  );
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

/** One row of a batch to the vector that is answered. */
function finish({ steps, includePrompt, graph }: Embedder, options: EmbedOptions, { values, tokens, dim }: EncodedBatch, row: number, text: EncodedText): number[] {
  let vector: Float32Array;
  if (graph.poolsItself) vector = values.slice(row * dim, (row + 1) * dim);
  else {
    const skipped = includePrompt ? 0 : text.promptTokens;
    const start = row * tokens;
    vector = poolTokens(values.subarray((start + skipped) * dim, (start + text.ids.length) * dim), dim, skipped, options.pooling);
    for (const step of steps) vector = step(vector);
  }
  if (options.dimensions !== undefined) {
    if (options.dimensions > vector.length) throw tooManyDimensions(vector.length);
    vector = vector.slice(0, options.dimensions);
  }
  return Array.from(options.normalize ? normalize(vector) : vector);
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
