import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LlamaModel, type LlamaGenerateOptions, type LlamaLoadOptions } from '../src/index.js';
import { tinyModel } from './tiny-model.js';

let tiny: Awaited<ReturnType<typeof tinyModel>>;
beforeAll(async () => {
  tiny = await tinyModel();
});
afterAll(() => tiny.remove());

const load = (options: LlamaLoadOptions = {}) => LlamaModel.load(tiny.path, { device: 'cpu', ...options });

async function tokensOf(model: LlamaModel, prompt: readonly number[], options: LlamaGenerateOptions = {}): Promise<number[]> {
  const tokens: number[] = [];
  for await (const { token } of model.generate(prompt, { maxTokens: 40, ...options })) tokens.push(token);
  return tokens;
}

const repeating = Array.from({ length: 120 }, (_, index) => 40 + (index % 12));
const samplings: LlamaGenerateOptions['sampling'][] = [{}, { repetitionPenalty: 1.3 }, { logitBias: { 60: 4 } }];

describe('guessing ahead', () => {
  it.each(samplings)('from the prompt changes nothing: %j', async (sampling) => {
    await using plain = await load();
    await using guessing = await load({ promptLookup: true });
    for (const prompt of [repeating, guessing.tokenize('the sea and the sea and the')]) {
      expect(await tokensOf(guessing, prompt, { sampling })).toEqual(await tokensOf(plain, prompt, { sampling }));
    }
  });

  it('saves evaluations where a text repeats itself', async () => {
    await using guessing = await load({ promptLookup: true });
    const generation = guessing.generate(repeating, { maxTokens: 60, sampling: { logitBias: { 77: 60 } } });
    const tokens: number[] = [];
    for await (const { token } of generation) tokens.push(token);
    expect(tokens).toEqual(new Array<number>(60).fill(77));
    expect(generation.speculation.accepted).toBeGreaterThan(30);
  });

  it('with a model changes nothing, whatever that model says', async () => {
    const other = await tinyModel({ seed: 99 });
    await using plain = await load();
    const prompt = plain.tokenize('the sea');
    const expected = await tokensOf(plain, prompt);
    for (const draft of [tiny.path, other.path]) {
      await using guessing = await load({ draft, parallel: 2 });
      const generation = guessing.generate(prompt, { maxTokens: 40 });
      const tokens: number[] = [];
      for await (const { token } of generation) tokens.push(token);
      expect(tokens).toEqual(expected);
      if (draft === tiny.path) expect(generation.speculation.accepted).toBeGreaterThan(generation.speculation.drafted * 0.7);
      expect(await Promise.all([tokensOf(guessing, prompt), tokensOf(guessing, repeating)])).toEqual([expected, await tokensOf(plain, repeating)]);
    }
    other.remove();
  });

  it('keeps to the seed, whatever is guessed', async () => {
    const other = await tinyModel({ seed: 99 });
    const sampling = { temperature: 1, seed: 5 };
    const texts: number[][] = [];
    for (const options of [{ promptLookup: true }, { draft: tiny.path }, { draft: other.path }]) {
      await using guessing = await load(options);
      texts.push(await tokensOf(guessing, repeating, { sampling }));
    }
    expect(new Set(texts.map((tokens) => tokens.join())).size).toBe(1);
    other.remove();
  });

  it('needs the same vocabulary', async () => {
    const other = await tinyModel({ vocabulary: 400 });
    await expect(load({ draft: other.path })).rejects.toMatchObject({ code: 'INPUT_INVALID', param: 'draft' });
    other.remove();
  });
});

describe('a prefix that several requests share', () => {
  it('is evaluated once, also for requests that run side by side', async () => {
    await using model = await load({ parallel: 3 });
    await using fresh = await load();
    const system = Array.from({ length: 300 }, (_, index) => 40 + ((index * 7) % 200));
    const prompts = [1, 2, 3].map((end) => [...system, 50 + end, 60 + end]);
    const first = model.generate(prompts[0]!, { maxTokens: 60 })[Symbol.asyncIterator]();
    await first.next(); // it has its sequence, and goes on
    const others = prompts.slice(1).map((prompt) => model.generate(prompt, { maxTokens: 12 }));
    const texts = await Promise.all(others.map(async (generation) => {
      const tokens: number[] = [];
      for await (const { token } of generation) tokens.push(token);
      return tokens;
    }));
    for (const { cachedTokens } of others) expect(cachedTokens).toBeGreaterThanOrEqual(system.length);
    for (const [index, tokens] of texts.entries()) expect(tokens).toEqual(await tokensOf(fresh, prompts[index + 1]!, { maxTokens: 12 }));
    await first.return!();
  });

  it('is kept when a history is edited in the middle', async () => {
    await using model = await load();
    const history = Array.from({ length: 200 }, (_, index) => 40 + ((index * 3) % 150));
    await tokensOf(model, history);
    const edited = [...history.slice(0, 150), 99, 98, 97];
    const generation = model.generate(edited, { maxTokens: 1 });
    for await (const _ of generation);
    expect(generation.cachedTokens).toBe(150);
  });
});

interface ArchitectureWriter {
  writeRandomArchitecture(path: string, settings: Record<string, unknown>): Promise<void>;
}

describe('a model with a state, which cannot go back', () => {
  it('goes on from what it was before the last answer', async () => {
    const { writeRandomArchitecture } = (await import(fileURLToPath(new URL('../../../benchmarks/models/random-architectures.mjs', import.meta.url)))) as ArchitectureWriter;
    const path = join(tiny.folder, 'mamba.gguf');
    await writeRandomArchitecture(path, { architecture: 'mamba', context: 512, layers: 2, width: 256, vocabulary: 512, ssm: { kernel: 4, inner: 512, state: 16, rank: 16 }, heads: 0, feedForward: 0, type: 'Q8_0' });
    await using model = await LlamaModel.load(path, { device: 'cpu' });
    const prompt = Array.from({ length: 40 }, (_, index) => 60 + ((index * 7) % 150));
    const sampling = { temperature: 1.5, seed: 4 };
    const first = await tokensOf(model, prompt, { sampling });
    for (const next of [prompt, [...prompt, 70, 71]]) {
      const generation = model.generate(next, { maxTokens: 40, sampling });
      const tokens: number[] = [];
      for await (const { token } of generation) tokens.push(token);
      expect(generation.cachedTokens).toBe(prompt.length - 1);
      if (next === prompt) expect(tokens).toEqual(first);
    }
  });
});

describe('a full context', () => {
  it('is shifted when that is allowed, and tells by how much', async () => {
    await using model = await load();
    const prompt = model.tokenize('once upon a time there was a sea');
    const generation = model.generate(prompt, { maxTokens: 700, contextShift: { keep: 10 } });
    let count = 0;
    for await (const _ of generation) count++;
    expect(count).toBe(700);
    expect(generation.shiftedTokens).toBeGreaterThan(200);
    // What was shifted is not taken for the beginning of another request.
    const after = await tokensOf(model, prompt);
    await using fresh = await load();
    expect(after).toEqual(await tokensOf(fresh, prompt));
  });
});

describe('steering', () => {
  it('inserts tokens as if the model had said them', async () => {
    await using model = await load({ parallel: 2 });
    const prompt = model.tokenize('the sea');
    const plain = await tokensOf(model, prompt, { maxTokens: 10 });
    for (const logprobs of [undefined, 1]) {
      const seen: number[] = [];
      const steer = (token: number) => (seen.push(token), seen.length === 3 ? [80, 81] : undefined);
      const steered = await tokensOf(model, prompt, { maxTokens: 10, steer, logprobs });
      expect(steered.slice(0, 5)).toEqual([...plain.slice(0, 3), 80, 81]);
      expect(steered).toHaveLength(10);
      expect(seen).toEqual(steered);
      expect(steered.slice(5)).toEqual(await tokensOf(model, [...prompt, ...steered.slice(0, 5)], { maxTokens: 5 }));
    }
  });
});

describe('a saved session', () => {
  it('is gone on from by another process', async () => {
    const path = join(tiny.folder, 'session.bin');
    const prompt = Array.from({ length: 100 }, (_, index) => 40 + ((index * 5) % 170));
    let expected: number[];
    {
      await using model = await load();
      await expect(model.saveSession(path)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
      expected = await tokensOf(model, prompt, { maxTokens: 8 });
      expect(await model.saveSession(path)).toBeGreaterThan(100);
    }
    await using model = await load();
    expect(await model.restoreSession(path)).toBeGreaterThan(100);
    const generation = model.generate(prompt, { maxTokens: 8 });
    const tokens: number[] = [];
    for await (const { token } of generation) tokens.push(token);
    expect([tokens, generation.cachedTokens]).toEqual([expected, prompt.length - 1]);
  });

  it('is refused when it is damaged, or of another model', async () => {
    const path = join(tiny.folder, 'session.bin');
    const other = await tinyModel({ seed: 8, layers: 3 });
    await using model = await load();
    await tokensOf(model, repeating);
    await model.saveSession(path);
    const bytes = readFileSync(path);
    bytes[bytes.length - 9]! ^= 1;
    writeFileSync(path, bytes);
    await expect(model.restoreSession(path)).rejects.toMatchObject({ code: 'INPUT_INVALID', message: expect.stringContaining('damaged') as string });
    truncateSync(path, 100);
    await expect(model.restoreSession(path)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await expect(model.restoreSession(`${path}-none`)).rejects.toMatchObject({ code: 'INPUT_INVALID', message: expect.stringContaining('not there') as string });
    await model.saveSession(path);
    await using another = await LlamaModel.load(other.path, { device: 'cpu' });
    await expect(another.restoreSession(path)).rejects.toMatchObject({ code: 'INPUT_INVALID', message: expect.stringContaining('another model') as string });
    other.remove();
  });
});

describe('the KV cache', () => {
  it.each(['f32', 'q8_0', 'q4_0'] as const)('can be kept as %s', async (kvCacheType) => {
    const wide = await tinyModel({ heads: 2, kvHeads: 1 }); // heads of 32
    await using model = await LlamaModel.load(wide.path, { device: 'cpu', kvCacheType });
    expect(await tokensOf(model, model.tokenize('the sea'))).toHaveLength(40);
    wide.remove();
  });

  it('is refused in a form that there is not', async () => {
    await expect(load({ kvCacheType: 'q9' as 'q8_0' })).rejects.toMatchObject({ code: 'INPUT_INVALID', param: 'kv_cache_type' });
    await expect(load({ kvCacheType: 'q8_0' })).rejects.toMatchObject({ code: 'INPUT_UNSUPPORTED', message: expect.stringContaining('multiple of 32') as string });
  });
});
