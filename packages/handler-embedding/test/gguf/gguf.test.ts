import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { GgufMetadata } from '@llmi/handler-testkit/gguf';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadEmbedder, loadReranker } from '../../src/index.js';
import { writeFiles } from '../tiny-model.js';
import { tinyBert } from './tiny-bert.js';

function fileWith(content: Buffer, others: Record<string, unknown> = {}): string {
  const folder = writeFiles({ 'model-F32.gguf': content, ...others });
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'model-F32.gguf');
}

const mean = tinyBert({ 'bert.pooling_type': ['uint32', 1] });
const failure = (work: Promise<unknown>): Promise<unknown> => work.then(() => undefined, (error: unknown) => error);

function cosine(left: number[], right: number[]): number {
  return left.reduce((sum, value, index) => sum + value * right[index]!, 0) / (Math.hypot(...left) * Math.hypot(...right));
}

/** What BertModel of transformers 4.57 makes of the same weights. */
const references: [text: string, mean: number[], cls: number[]][] = [
  [
    'hello world',
    [-1.273515, -0.219918, 0.952988, 1.150819, 0.237433, -0.949399, -1.389721, -0.698773, 0.598532, 1.453557, 1.120198, -0.1455, -1.205533, -1.060795, 0.148063, 1.23942],
    [-1.377086, -0.679376, 0.638209, 1.318106, 0.776768, -0.458403, -1.306115, -1.038805, 0.16747, 1.354027, 1.510611, 0.45842, -0.884127, -1.273725, -0.342469, 1.000025],
  ],
  [
    'Hello  BETA world\tworld',
    [-0.373172, 0.736491, 0.959553, 0.129812, -0.967926, -1.379868, -0.774783, 0.360059, 1.120418, 0.87018, -0.20799, -1.167294, -1.097712, -0.036406, 0.992369, 0.96991],
    [-1.364885, -0.792544, 0.525639, 1.323289, 0.906332, -0.303164, -1.240843, -1.104486, 0.036528, 1.28197, 1.577804, 0.622603, -0.76005, -1.294166, -0.473659, 0.899313],
  ],
];

describe('an embedding model in GGUF format', () => {
  it('gives the vectors of transformers, pooled as its file says', async () => {
    const texts = references.map(([text]) => text);
    await using byMean = await loadEmbedder(fileWith(mean));
    await using byFirst = await loadEmbedder(fileWith(tinyBert({ 'bert.pooling_type': ['uint32', 2] })));
    const [means, firsts] = [await byMean.embedText({ texts, normalize: false }), await byFirst.embedText({ texts, normalize: false })];
    references.forEach(([, ofMean, ofFirst], row) => {
      expect(1 - cosine(means.embeddings[row]!, ofMean)).toBeLessThan(1e-4);
      expect(1 - cosine(firsts.embeddings[row]!, ofFirst)).toBeLessThan(1e-4);
      expect(Math.hypot(...means.embeddings[row]!)).toBeCloseTo(Math.hypot(...ofMean), 2);
    });
    expect(means.usage.promptTokens).toBe(4 + 7);
  });

  it('scales its vectors unless told otherwise, cuts what is too long, and takes an empty text', async () => {
    await using embedder = await loadEmbedder(fileWith(mean));
    const { embeddings, truncated, usage } = await embedder.embedText({ texts: ['', 'hello '.repeat(50)] });
    expect(Math.hypot(...embeddings[0]!)).toBeCloseTo(1, 5);
    expect({ truncated, tokens: usage.promptTokens }).toEqual({ truncated: [1], tokens: 2 + 24 });
    expect((await embedder.embedText({ texts: ['hello'], dimensions: 4 })).embeddings[0]).toHaveLength(4);
  });

  it('says what it is and needs', async () => {
    await using embedder = await loadEmbedder(fileWith(mean, { 'config_sentence_transformers.json': { prompts: { query: 'hello ' } } }));
    expect(embedder.getModelCapabilities()).toMatchObject({ embeddingDimensions: 16, maxContextLength: 24, supportedModes: ['auto', 'query'] });
    expect(embedder.getDependencies().map(({ name }) => name)).toEqual(['@llmi/runtime-llama-cpp']);
    expect(await embedder.analyze()).toMatchObject({ primaryLibrary: 'node-llama-cpp', quantization: 'F32', maxContextLength: 24 });
    expect(embedder.getQuantizationOptions()).toMatchObject([{ name: 'F32', files: ['model-F32.gguf'] }]);
  });

  it('refuses another way of pooling, and files that do not say theirs', async () => {
    await using embedder = await loadEmbedder(fileWith(mean));
    expect(await failure(embedder.embedText({ texts: ['hello'], pooling: 'max' }))).toMatchObject({ code: 'INPUT_UNSUPPORTED', param: 'pooling' });
    expect(await failure(embedder.embedText({ texts: ['hello'], chunkTokens: 2 }))).toMatchObject({ code: 'INPUT_UNSUPPORTED', param: 'chunk_tokens' });
    expect(await failure(loadEmbedder(fileWith(tinyBert())))).toMatchObject({ code: 'MODEL_FORMAT_UNSUPPORTED' });
  });

  it('refuses a damaged file, and is gone after it was disposed of', async () => {
    expect(await failure(loadEmbedder(fileWith(mean.subarray(0, 900))))).toMatchObject({ code: 'MODEL_FILE_CORRUPT' });
    const embedder = await loadEmbedder(fileWith(mean));
    await embedder[Symbol.asyncDispose]();
    expect(await failure(embedder.embedText({ texts: ['hello'] }))).toMatchObject({ code: 'MODEL_DISPOSED' });
  });
});

describe('a reranker in GGUF format', () => {
  const labels: GgufMetadata = { 'bert.classifier.output_labels': ['array', 'string', ['LABEL_0']] };

  it('scores pairs between 0 and 1, the same each time', async () => {
    await using reranker = await loadReranker(fileWith(tinyBert(labels, { head: true })));
    const { results, usage } = await reranker.rerank({ query: 'hello', documents: ['world', 'hello hello', ''] });
    for (const { score } of results) expect(score > 0 && score < 1).toBe(true);
    expect(usage!.promptTokens).toBe(5 + 6 + 4);
    expect((await reranker.rerank({ query: 'hello', documents: ['world'] })).results[0]!.score).toBe(results.find(({ index }) => index === 0)!.score);
  });

  it('is refused where llama.cpp would leave out the type of its tokens', async () => {
    expect(await failure(loadReranker(fileWith(tinyBert(labels, { head: true, types: 2 }))))).toMatchObject({ code: 'MODEL_FORMAT_UNSUPPORTED', hint: expect.stringContaining('ONNX') });
  });

  it('is refused where it is a language model with a prompt', async () => {
    const causal: GgufMetadata = { ...labels, 'bert.attention.causal': ['bool', true] };
    expect(await failure(loadReranker(fileWith(tinyBert(causal, { head: true }))))).toMatchObject({ code: 'MODEL_FORMAT_UNSUPPORTED', message: expect.stringContaining('prompt') });
  });
});
