import { rmSync } from 'node:fs';
import type { GenerateRequest } from '@llmi/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadEmbedder } from '../src/index.js';
import { identityGraph, lookupGraph } from './protobuf.js';
import { safetensors, table, tinyFiles, writeFiles } from './tiny-model.js';

function tiny(changes: Record<string, unknown> = {}): string {
  const folder = writeFiles(Object.fromEntries(Object.entries({ ...tinyFiles(), ...changes }).filter(([, content]) => content !== undefined)));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

async function embed(request: GenerateRequest, changes?: Record<string, unknown>) {
  await using embedder = await loadEmbedder(tiny(changes), { threads: 1 });
  return await embedder.embedText(request);
}

const failure = (work: Promise<unknown>): Promise<unknown> => work.then(() => undefined, (error: unknown) => error);
const modules = (...names: string[]) => names.map((name, idx) => ({ idx, path: idx === 0 ? '' : `${idx}_${name}`, type: `sentence_transformers.models.${name}` }));

/** The numbers are those of the modules Pooling, Dense and Normalize of sentence-transformers 6.2, over the same token vectors. */
describe('concatenated pooling', () => {
  const texts = ['hello world', 'hello', 'world world'];
  const pooling = (...modes: string[]) => ({ 'modules.json': modules('Transformer', 'Pooling'), '1_Pooling/config.json': { embedding_dimension: 2, pooling_mode: modes } });

  it('in its given order, each over the real tokens', async () => {
    const { embeddings } = await embed({ texts }, pooling('cls', 'mean', 'max', 'mean_sqrt_len_tokens', 'weightedmean', 'lasttoken'));
    const expected = [
      [0, 0, 0.75, 1, 3, 4, 1.5, 2, 0.6, 1.2, 0, 0],
      [0, 0, 1, 0, 3, 0, 1.732051, 0, 1, 0, 0, 0],
      [0, 0, 0, 2, 0, 4, 0, 4, 0, 2, 0, 0],
    ];
    embeddings.forEach((vector, row) => vector.forEach((value, column) => expect(value).toBeCloseTo(expected[row]![column]!, 5)));
  });

  it('through a dense layer with an activation, normalized', async () => {
    const weight = [0.5, -0.25, 0.125, 0, 0, 0.3, -0.2, 0.1, -0.4, 0.2, 0, 0.05];
    const layers = {
      ...pooling('weightedmean', 'max'),
      'modules.json': modules('Transformer', 'Pooling', 'Dense', 'Normalize'),
      '2_Dense/config.json': { in_features: 4, out_features: 3, bias: true, activation_function: 'torch.nn.modules.activation.Tanh' },
      '2_Dense/model.safetensors': safetensors({ 'linear.weight': [[3, 4], weight], 'linear.bias': [[3], [0.1, -0.2, 0.3]] }),
    };
    const { embeddings, dimensions } = await embed({ texts }, layers);
    const expected = [
      [0.690044, -0.062382, 0.721074],
      [0.745427, -0.659203, -0.098942],
      [-0.362533, 0.633598, 0.683464],
    ];
    embeddings.forEach((vector, row) => vector.forEach((value, column) => expect(value).toBeCloseTo(expected[row]![column]!, 5)));
    expect(dimensions).toBe(3);
    const raw = await embed({ texts, normalize: false }, { ...layers, '2_Dense/config.json': { in_features: 4, out_features: 3, activation_function: 'torch.nn.modules.activation.GELU' } });
    expect(raw.embeddings[2]!.map((value) => Number(value.toFixed(5)))).toEqual([-0.13783, 0.63052, 0.73435]);
  });
});

describe('late chunking', () => {
  const modeled = { 'sentence_bert_config.json': { max_seq_length: 8 } };
  const plain = { normalize: false };

  it('gives a text of one piece its usual vector', async () => {
    const text = 'hello world';
    const { embeddings, chunks } = await embed({ texts: [text, 'hello'], chunkTokens: 6, ...plain }, modeled);
    expect(embeddings).toEqual((await embed({ texts: [text, 'hello'], ...plain }, modeled)).embeddings);
    expect(chunks).toEqual([{ index: 0, start: 0, end: 11 }, { index: 1, start: 0, end: 5 }]);
  });

  it('gives every piece of a text of any length a vector, special tokens to the first and last', async () => {
    const text = 'hello world hello world hello world hello hello'; // eight tokens, where six fit
    const { embeddings, chunks, truncated, usage, dimensions } = await embed({ texts: [text], chunkTokens: 3, ...plain }, modeled);
    expect(chunks!.map(({ start, end }) => text.slice(start, end))).toEqual(['hello world hello', ' world hello world', ' hello hello']);
    // [CLS] and three; three; two and [SEP]
    expect(embeddings).toEqual([[6 / 4, 4 / 4], [1, expect.closeTo(8 / 3, 5)], [2, 0]]);
    expect({ truncated, tokens: usage.promptTokens, dimensions }).toEqual({ truncated: undefined, tokens: 16, dimensions: 2 });
  });

  it('puts the prompt before every window and counts it for the first piece', async () => {
    const { embeddings } = await embed({ texts: ['hello hello hello hello world'], promptName: 'query', chunkTokens: 4, ...plain }, modeled);
    expect(embeddings[0]).toEqual([expect.closeTo((6 + 4 * 3) / 7, 5), expect.closeTo(8 / 7, 5)]); // [CLS] query : and four times hello
    expect(embeddings[1]).toEqual([0, 2]); // world [SEP]
  });

  it('is refused where a single token stands for the text, and where the graph pools', async () => {
    const last = { '1_Pooling/config.json': { pooling_mode_lasttoken: true } };
    expect(await failure(embed({ texts: ['hello'], chunkTokens: 3 }, last))).toMatchObject({ code: 'INPUT_UNSUPPORTED', param: 'chunk_tokens' });
    expect((await embed({ texts: ['hello'], chunkTokens: 3, pooling: 'max', normalize: false }, last)).embeddings).toEqual([[3, 0]]);
    expect(await failure(embed({ texts: ['hello'], chunkTokens: 3 }, { 'onnx/model.onnx': identityGraph() }))).toMatchObject({ code: 'INPUT_UNSUPPORTED', param: 'chunk_tokens' });
  });
});

describe('number formats', () => {
  it('are those of the request, with what bytes were scaled by', async () => {
    const request = { texts: ['hello', 'world'], normalize: false };
    expect(await embed({ ...request, precision: 'ubinary' })).toMatchObject({ embeddings: [[0b1000_0000], [0b0100_0000]], dimensions: 1 });
    const { embeddings, ranges } = await embed({ ...request, precision: 'int8' });
    expect(embeddings).toEqual([[126, -128], [-128, 127]]); // as sentence-transformers: 1 / (1 / 255) is below 255 in float32
    expect(await embed({ texts: ['hello world'], normalize: false, precision: 'int8', ranges })).toMatchObject({ embeddings: [[63, 63]] }); // [0.75, 1] of [1, 4/3]
    expect(await failure(embed({ texts: ['hello'], precision: 'uint8' }))).toMatchObject({ code: 'INPUT_INVALID', param: 'ranges' });
    expect(await failure(embed({ ...request, ranges: [[0, 0], [1, 1]] }))).toMatchObject({ code: 'INPUT_UNSUPPORTED', param: 'ranges' });
  });
});

describe('what goes wrong', () => {
  it('in the model is told: numbers that are none', async () => {
    expect(await failure(embed({ texts: ['hello'] }, { 'onnx/model.onnx': lookupGraph(table.map(() => [Number.NaN, 1])) }))).toMatchObject({ code: 'MODEL_FILE_CORRUPT', hint: expect.stringContaining('fp32') });
    expect(await failure(embed({ texts: ['hello'] }, { 'onnx/model.onnx': lookupGraph(table.map(() => [Infinity, 1])) }))).toMatchObject({ code: 'MODEL_FILE_CORRUPT' });
  });

  it('with a hundred thousand characters is nothing', async () => {
    for (const text of ['hello '.repeat(17_000), 'x'.repeat(100_000), '\u0301'.repeat(100_000), '好'.repeat(100_000)]) {
      expect((await embed({ texts: [text] })).dimensions).toBe(2);
    }
    expect((await embed({ texts: ['hello '.repeat(17_000)] })).truncated).toEqual([0]);
  });
});
