import { rmSync } from 'node:fs';
import { collectDone, LlmiError, type GenerateEvent } from '@llmi/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadReranker, RerankerHandler } from '../src/index.js';
import { classifierGraph } from './protobuf.js';
import { logitByToken, logitByType, tinyReranker } from './tiny-kinds.js';
import { writeFiles } from './tiny-model.js';

function tiny(changes: Record<string, unknown> = {}): string {
  const folder = writeFiles({ ...tinyReranker(), ...changes });
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

const load = (changes?: Record<string, unknown>) => loadReranker(tiny(changes), { threads: 1 });
const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));
const failure = (work: Promise<unknown>): Promise<unknown> => work.then(() => undefined, (error: unknown) => error);

describe('a reranker', () => {
  it('ranks by the pair of query and document, each with its token type', async () => {
    await using reranker = await load();
    // [CLS] query [SEP] hello world [SEP]: 3 + 3 x 0.25; [CLS] query [SEP] [UNK] [SEP]: 2 x 0.25; hello hello: 4 + 0.75
    const { results, usage, truncated } = await reranker.rerank({ query: 'query', documents: ['hello world', 'other', 'hello hello'] });
    expect(results.map(({ index }) => index)).toEqual([2, 0, 1]);
    results.forEach(({ score }, place) => expect(score).toBeCloseTo(sigmoid([4.75, 3.75, 0.5][place]!), 6));
    expect({ usage, truncated }).toEqual({ usage: { promptTokens: 17, completionTokens: 0, totalTokens: 17 }, truncated: undefined });
  });

  it('gives the best only, and keeps the order of equal ones', async () => {
    await using reranker = await load();
    expect((await reranker.rerank({ query: 'query', documents: ['other', 'world', 'else', 'world'], topN: 3 })).results.map(({ index }) => index)).toEqual([1, 3, 0]);
  });

  it('takes an empty query and empty documents', async () => {
    await using reranker = await load();
    expect((await reranker.rerank({ query: '', documents: ['', 'hello'] })).results.map(({ index }) => index)).toEqual([1, 0]);
  });

  it('cuts the longer of the two, says which documents, and refuses them when asked to', async () => {
    await using reranker = await load();
    const long = 'world '.repeat(50);
    // Ten tokens: [CLS] query [SEP], six times world, [SEP]
    const { results, usage, truncated } = await reranker.rerank({ query: 'query', documents: [long] });
    expect({ usage: usage!.promptTokens, truncated, score: results[0]!.score }).toEqual({ usage: 10, truncated: [0], score: expect.closeTo(sigmoid(6 + 7 * 0.25), 6) });
    expect(await failure(reranker.rerank({ query: 'query', documents: ['hello', long], truncate: false }))).toMatchObject({ code: 'CONTEXT_LENGTH_EXCEEDED', param: 'documents[1]' });
  });

  it('has the same scores whatever else is ranked, and reports progress', async () => {
    await using reranker = await load();
    const documents = Array.from({ length: 300 }, (_, index) => ['hello', 'world', 'other', 'hello world'][index % 4]!);
    const events: GenerateEvent[] = [];
    for await (const event of reranker.generateStream({ query: 'query', documents })) events.push(event);
    expect(events.slice(0, -1).every((event) => event.type === 'progress' && event.stage === 'rerank')).toBe(true);
    const { result } = await collectDone(reranker.generateStream({ query: 'query', documents }));
    const scores = new Map((result as { results: { index: number; score: number }[] }).results.map(({ index, score }) => [index, score]));
    const alone = await reranker.rerank({ query: 'query', documents: documents.slice(0, 4) });
    for (const { index, score } of alone.results) expect(scores.get(index + 296)).toBeCloseTo(score, 6);
  });

  it('stops when it is told to, and is gone after it was disposed of', async () => {
    const reranker = await load();
    expect(await failure(reranker.rerank({ query: 'a', documents: ['b'] }, { signal: AbortSignal.abort(new Error('enough')) }))).toMatchObject({ message: 'enough' });
    await reranker[Symbol.asyncDispose]();
    expect(await failure(reranker.rerank({ query: 'a', documents: ['b'] }))).toMatchObject({ code: 'MODEL_DISPOSED' });
  });

  it('refuses what it has no use for', async () => {
    await using reranker = await load();
    expect(await failure(reranker.rerank({ query: 'a', documents: [] }))).toMatchObject({ code: 'INPUT_INVALID', param: 'documents' });
    expect(await failure(reranker.rerank({ documents: ['a'] }))).toMatchObject({ code: 'INPUT_INVALID', param: 'query' });
    expect(await failure(reranker.embedText({ texts: ['a'] }))).toMatchObject({ code: 'INPUT_UNSUPPORTED', param: 'texts' });
    expect(reranker.validateInputs({ query: 'a', documents: ['b'], task: 'feature-extraction' })).toMatchObject({ ok: false, param: 'task' });
    expect(reranker.validateInputs({ query: 'a', documents: ['b'], mode: 'rerank' })).toEqual({ ok: true });
  });

  it('says what it is', async () => {
    await using reranker = await load();
    expect(reranker).toBeInstanceOf(RerankerHandler);
    expect(reranker.getModelCapabilities()).toMatchObject({ tasks: ['text-ranking'], maxContextLength: 10, supportedModes: ['auto', 'rerank'] });
    expect((await reranker.analyze()).memoryParts.map(({ name }) => name)).toEqual(['runtime', 'tokenizer', 'weights', 'activations']);
  });
});

describe('other classifiers of pairs', () => {
  it('of two labels rank by the share of the second', async () => {
    await using reranker = await load({ 'onnx/model.onnx': classifierGraph(logitByToken.map(([logit]) => [1, logit!]), [[0, 0], [0, 0.25]]) });
    const { results } = await reranker.rerank({ query: 'query', documents: ['hello world'] });
    expect(results[0]!.score).toBeCloseTo(sigmoid(3.75 - 6), 6); // 6 tokens give 1 each to the first label
  });

  it('of three labels are refused when they are loaded', async () => {
    expect(await failure(load({ 'onnx/model.onnx': classifierGraph(logitByToken.map(() => [1, 2, 3]), [[0, 0, 0], [0, 0, 0]]) }))).toMatchObject({ code: 'MODEL_FORMAT_UNSUPPORTED' });
  });

  it('with numbers that are none are refused', async () => {
    await using reranker = await load({ 'onnx/model.onnx': classifierGraph(logitByToken.map(() => [Number.NaN]), logitByType) });
    const error = await failure(reranker.rerank({ query: 'a', documents: ['b'] }));
    expect(LlmiError.is(error) && error.code).toBe('MODEL_FILE_CORRUPT');
  });
});
