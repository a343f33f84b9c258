import { LlmiError } from '@llmi/core';
import { batchTokens, makeBatches } from './batches.js';
import type { Embedder } from './embed.js';
import { finishVector } from './finish-vector.js';
import { makeWindows, splitIntoChunks, type TextChunk, type TokenWindow } from './late-chunking.js';
import type { EmbedOptions } from './options.js';
import { poolTokens } from './pooling.js';
import type { TextTokenizer } from './tokenizer/text-tokenizer.js';

/** The vectors of one text, a vector for each of its pieces. */
export interface ChunkVectors {
  chunks: TextChunk[];
  vectors: Float32Array[];
  /** Tokens that were encoded, those in two windows counted twice. */
  tokens: number;
}

/**
 * Late chunking: the encoder reads the whole text, and only then its token vectors are pooled piece by piece, so that each piece knows
 * what it is about. The special tokens count for the first and the last piece: a text of one piece gets its usual vector.
 * Source: Günther et al. 2024, https://arxiv.org/abs/2409.04701, with the overlapping windows of its section 4.3.
 */
export async function embedChunks(embedder: Embedder, options: EmbedOptions, text: string, chunkTokens: number, signal?: AbortSignal): Promise<ChunkVectors> {
  const tokenizer = embedder.tokenizer as TextTokenizer; // a request for chunks is refused where it is none
  const promptIds = options.prompt === '' ? [] : tokenizer.content(options.prompt);
  const chunks = splitIntoChunks(tokenizer, text, chunkTokens);
  const windows = makeWindows(tokenizer, chunks.flatMap(({ ids }) => ids), promptIds, embedder.maxTokens);
  const { values, dim } = await encodeWindows(embedder, windows, signal);
  const head = tokenizer.frame.before.length + promptIds.length;
  const skipped = embedder.includePrompt || promptIds.length === 0 ? 0 : head;
  let end = head;
  const vectors = chunks.map(({ ids }, index) => {
    const from = index === 0 ? skipped : end;
    end += ids.length;
    const to = index === chunks.length - 1 ? values.length / dim : end;
    if (to <= from) throw nothing();
    let vector = poolTokens(values.subarray(from * dim, to * dim), dim, from, options.pooling);
    for (const step of embedder.steps) vector = step(vector);
    return finishVector(vector, options);
  });
  return { chunks, vectors, tokens: windows.reduce((sum, { encoded }) => sum + encoded.ids.length, 0) };
}

/** Vectors of all tokens of a text in order, special tokens and prompt once: [tokens, dim]. */
async function encodeWindows({ graph, tokenizer }: Embedder, windows: readonly TokenWindow[], signal?: AbortSignal): Promise<{ values: Float32Array; dim: number }> {
  const [firstWindow, lastWindow] = [windows[0]!, windows.at(-1)!];
  const head = firstWindow.offset; // special tokens and prompt
  const tail = lastWindow.encoded.ids.length - lastWindow.offset - (lastWindow.last - lastWindow.first); // special tokens
  let all: Float32Array | undefined;
  let dim = 0;
  for (const batch of makeBatches(windows.map(({ encoded }) => encoded.ids.length), batchTokens)) {
    signal?.throwIfAborted();
    const texts = batch.map((index) => windows[index]!.encoded);
    const encoded = await graph.run(texts, tokenizer.padId, signal);
    dim = encoded.dim;
    all ??= new Float32Array((head + lastWindow.last + tail) * dim);
    for (const [row, index] of batch.entries()) {
      const { first, last, offset } = windows[index]!;
      const from = index === 0 ? 0 : offset;
      const to = offset + last - first + (index === windows.length - 1 ? tail : 0);
      const start = row * encoded.tokens;
      all.set(encoded.values.subarray((start + from) * dim, (start + to) * dim), (index === 0 ? 0 : head + first) * dim);
    }
  }
  return { values: all!, dim };
}

function nothing(): LlmiError {
  return new LlmiError('INPUT_INVALID', { message: 'A piece of a text has no tokens that a vector could be made of.', hint: 'Give it some content.', param: 'texts' });
}
