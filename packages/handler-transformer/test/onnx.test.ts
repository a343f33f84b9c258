import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { collect, modelInfoSchema, type GenerateEvent, type GenerateRequest, type Message, type ResultOf } from '@llmi/core';
import { afterAll, describe, expect, it } from 'vitest';
import { TransformerHandler } from '../src/index.js';
import type { LoadedTextModel } from '../src/loaded-text-model.js';

const shared = process.env.LLMI_SHARED ?? resolve(import.meta.dirname, '../../../../shared');
const fixtures = join(shared, 'fixtures');
const isThere = existsSync(fixtures);
const golden = (repo: string): Golden => (isThere ? JSON.parse(readFileSync(join(fixtures, 'golden', `${repo}.json`), 'utf8')) : { cases: [] });
const folderOf = (repo: string) => join(fixtures, 'hub/llmi-fixtures', repo);

const loaded: LoadedTextModel[] = [];
async function load(repo: string): Promise<LoadedTextModel> {
  const files = ['onnx/model.onnx', 'onnx/model_quantized.onnx', 'tokenizer.json'].map((path) => ({ path, sizeBytes: readFileSync(join(folderOf(repo), path)).length }));
  const config = JSON.parse(readFileSync(join(folderOf(repo), 'config.json'), 'utf8'));
  const model = modelInfoSchema.parse({ id: `llmi-fixtures/${repo}`, source: 'folder', modelType: config.model_type, files, formats: ['onnx'], json: { 'config.json': config } });
  const found = await new TransformerHandler(model).loadModel(folderOf(repo), { threads: 1 });
  loaded.push(found);
  return found;
}

const answer = async (model: LoadedTextModel, request: GenerateRequest) => (await collect(model.generate(request))) as ResultOf<'text'>;
const greedy = { temperature: 0, maxTokens: 32 };

afterAll(async () => {
  for (const model of loaded) await model[Symbol.asyncDispose]();
});

describe.skipIf(!isThere)('a model in ONNX format', () => {
  describe.each(['tiny-llama3-ONNX', 'tiny-qwen3-ONNX', 'tiny-gpt2-ONNX'])('%s', (repo) => {
    it.each(golden(repo).cases)('says what transformers says: $id', async ({ kind, inputs, expect: expected }) => {
      const model = await load(repo);
      const asked = kind === 'completion' ? { prompt: inputs.text, mode: 'complete' } : { messages: inputs.messages, mode: 'chat' };
      const result = await answer(model, { ...asked, ...greedy });
      expect(result.text).toBe(expected.text);
      expect(result.usage).toMatchObject({ promptTokens: expected.input_ids.length, completionTokens: 32 });
    });
  });

  it('streams the text in pieces that make it up, and stops at a stop string', async () => {
    const model = await load('tiny-llama3-ONNX');
    const { inputs, expect: expected } = golden('tiny-llama3-ONNX').cases[0]!;
    const request: GenerateRequest = { prompt: inputs.text, mode: 'complete', ...greedy };
    const events: GenerateEvent[] = [];
    for await (const event of model.generate(request)) events.push(event);
    expect(events.map((event) => (event.type === 'text' ? event.token : '')).join('')).toBe(expected.text);
    const stop = expected.text.slice(12, 15);
    const cut = await answer(model, { ...request, stopSequences: [stop] });
    expect(cut).toMatchObject({ text: expected.text.slice(0, expected.text.indexOf(stop)), finishReason: 'stop', stopSequence: stop });
  });

  it('gives the same text for a seed, and measures tokens', async () => {
    const model = await load('tiny-qwen3-ONNX');
    const request = { prompt: 'One two', mode: 'complete', temperature: 2, topK: 0, topP: 1, maxTokens: 8, seed: 5, logprobs: 2 };
    const first = await answer(model, request);
    expect(await answer(model, request)).toEqual(first);
    expect(first.logprobs).toHaveLength(8);
    expect(first.logprobs![0]!.topLogprobs).toHaveLength(2);
  });

  it('refuses what only the other runtime can do, by name', async () => {
    const model = await load('tiny-qwen3-ONNX');
    const ask = (changes: object) => answer(model, { prompt: 'One', mode: 'complete', maxTokens: 2, temperature: 0, ...changes });
    await expect(ask({ dryMultiplier: 1 })).rejects.toMatchObject({ code: 'INPUT_UNSUPPORTED', param: 'dry_multiplier' });
    await expect(model.saveSession('x')).rejects.toMatchObject({ code: 'INPUT_UNSUPPORTED' });
  });
});

interface Golden {
  cases: {
    id: string;
    kind: 'completion' | 'chat';
    inputs: { text: string; messages: Message[] };
    expect: { input_ids: number[]; text: string };
  }[];
}
