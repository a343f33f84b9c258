import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { folderOfModel, readModelFolder } from '@llmi/runtime-onnx';
import { describe, expect, it } from 'vitest';
import { OnnxSeq2SeqModel, OnnxTextModel, readGenerationConfig, TextStream, type EndReason, type GeneratedToken } from '../src/index.js';

const shared = process.env.LLMI_SHARED ?? resolve(import.meta.dirname, '../../../../shared');
const fixtures = join(shared, 'fixtures');
const isThere = existsSync(fixtures);
const golden = (repo: string) => !isThere ? { cases: [] } : JSON.parse(readFileSync(join(fixtures, 'golden', `${repo}.json`), 'utf8'));
const folderOf = (repo: string) => join(fixtures, 'hub/llmi-fixtures', repo);
const layout = { kind: 'a text model', configuration: /^(generation_)?config\.json$/, maxDepth: 1 };
const loadText = async (repo: string, dtype?: string) => OnnxTextModel.load(folderOf(repo), await readModelFolder(folderOfModel(folderOf(repo)), layout), { dtype });
const loadSeq2Seq = async (repo: string) => OnnxSeq2SeqModel.load(folderOf(repo), await readModelFolder(folderOf(repo), layout));

async function idsOf(tokens: AsyncGenerator<GeneratedToken, EndReason>): Promise<number[]> {
  const ids: number[] = [];
  for await (const { token } of tokens) ids.push(token);
  return ids;
}

describe.skipIf(!isThere)('text generation with ONNX models', () => {
  describe.each(['tiny-llama3-ONNX', 'tiny-qwen3-ONNX', 'tiny-gpt2-ONNX'])('%s', (repo) => {
    it.each(golden(repo).cases as Golden[])('says what transformers says: $id', async ({ inputs, params, expect: expected }) => {
      await using model = await loadText(repo);
      const ids = model.tokenizer.encode(inputs.rendered ?? inputs.text!, { addSpecialTokens: params.add_special_tokens });
      expect(ids).toEqual(expected.input_ids);
      const found = await idsOf(model.generate(ids, { maxNewTokens: params.max_new_tokens }).tokens);
      expect(found).toEqual(expected.output_ids);
      expect(model.tokenizer.decode(found)).toBe(expected.text);
      expect(model.tokenizer.decode(found, { skipSpecialTokens: false })).toBe(expected.text_with_special);
    });

    it('agrees with ONNX Runtime on the 8-bit file for as long as kernels do', async () => {
      const { cases, tolerance } = golden(repo) as { cases: Golden[]; tolerance: { q8_ids_prefix: number } };
      await using model = await loadText(repo, 'q8');
      for (const { expect: expected, expect_q8: q8 } of cases) {
        const found = await idsOf(model.generate(expected.input_ids, { maxNewTokens: tolerance.q8_ids_prefix }).tokens);
        expect(found).toEqual(q8.output_ids.slice(0, tolerance.q8_ids_prefix));
      }
    });
  });

  it('streams the text that the tokens are, never a part of a character', async () => {
    await using model = await loadText('tiny-llama3-ONNX');
    const { expect: expected } = golden('tiny-llama3-ONNX').cases[0] as Golden;
    const stream = new TextStream(model.tokenizer);
    const pieces: string[] = [];
    for await (const { token } of model.generate(expected.input_ids, { maxNewTokens: 32 }).tokens) pieces.push(stream.push(token));
    expect(pieces.join('') + stream.end()).toBe(expected.text);
  });

  it('gives the same text for the same seed, and another for another', async () => {
    await using model = await loadText('tiny-llama3-ONNX');
    const { expect: expected } = golden('tiny-llama3-ONNX').cases[0] as Golden;
    const draw = (seed: number) => idsOf(model.generate(expected.input_ids, { maxNewTokens: 12, sampling: { temperature: 20, topK: 50, seed } }).tokens);
    const [first, again, other] = await Promise.all([draw(7), draw(7), draw(8)]); // beside each other, on one session
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it('reads a prompt in chunks as it reads it whole', async () => {
    await using model = await loadText('tiny-llama3-ONNX');
    const prompt = Array.from({ length: 90 }, (_, index) => 20 + ((index * 37) % 300));
    const whole = await idsOf(model.generate(prompt, { maxNewTokens: 8 }).tokens);
    Object.defineProperty((model as unknown as { graph: object }).graph, 'chunkTokens', { value: 16 });
    expect(await idsOf(model.generate(prompt, { maxNewTokens: 8 }).tokens)).toEqual(whole);
  });

  it('stops between tokens when aborted, and says so after it was disposed of', async () => {
    const model = await loadText('tiny-gpt2-ONNX');
    const controller = new AbortController();
    const tokens = model.generate([1, 2, 3], { maxNewTokens: 50 }, controller.signal).tokens;
    await tokens.next();
    controller.abort(new Error('enough'));
    await expect(tokens.next()).rejects.toThrow('enough');
    await model[Symbol.asyncDispose]();
    await model[Symbol.asyncDispose]();
    expect(() => model.generate([1], { maxNewTokens: 1 })).toThrow(expect.objectContaining({ code: 'MODEL_DISPOSED' }));
  });
});

describe.skipIf(!isThere)('settings of generation, against transformers', async () => {
  const cases = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures/generation.json'), 'utf8')) as SettingsCase[];

  it.each(cases.filter(({ repo }) => repo === 'tiny-t5'))('$repo $settings', async ({ repo, text, input_ids, settings, output_ids }) => {
    await using model = await loadSeq2Seq(repo);
    expect(model.tokenizer.encode(text)).toEqual(input_ids);
    const config = merged(model.config, settings);
    const found = await idsOf(model.generate(await model.encodeText(input_ids), { config, maxNewTokens: settings.max_new_tokens, encoderIds: input_ids }));
    expect(found).toEqual(withoutEnd(output_ids, config.eosTokenIds, config.padTokenId));
  });

  it.each(cases.filter(({ repo }) => repo !== 'tiny-t5'))('$repo $settings', async ({ repo, input_ids, settings, output_ids }) => {
    await using model = await loadText(repo);
    const config = merged(model.config, settings);
    const found = await idsOf(model.generate(input_ids, { config, maxNewTokens: settings.max_new_tokens }).tokens);
    expect(found).toEqual(withoutEnd(output_ids, config.eosTokenIds, undefined));
  });
});

interface Golden {
  inputs: { text?: string; rendered?: string };
  params: { max_new_tokens: number; add_special_tokens: boolean };
  expect: { input_ids: number[]; output_ids: number[]; text: string; text_with_special: string };
  expect_q8: { output_ids: number[] };
}

interface SettingsCase {
  repo: string;
  text: string;
  input_ids: number[];
  settings: { max_new_tokens: number };
  output_ids: number[];
}

/** The model's configuration with the settings of a call. */
function merged(config: ReturnType<typeof readGenerationConfig>, settings: object) {
  const given = readGenerationConfig(settings as Record<string, unknown>, undefined);
  const { eosTokenIds } = 'eos_token_id' in settings ? given : config;
  return { ...given, eosTokenIds, padTokenId: config.padTokenId };
}

/** The reference keeps the token that ended it, and fills up with padding. */
function withoutEnd(ids: readonly number[], eosTokenIds: readonly number[], padTokenId: number | undefined): number[] {
  const padded = ids.findLastIndex((id) => id !== padTokenId) + 1;
  return eosTokenIds.includes(ids[padded - 1]!) ? ids.slice(0, padded - 1) : ids.slice(0, padded);
}

describe.skipIf(!isThere)('a prompt that begins as an earlier one', () => {
  it('is read from there on, and answered as by itself', async () => {
    const repo = 'tiny-qwen3-ONNX';
    await using model = await loadText(repo);
    const start = Array.from({ length: 40 }, (_, index) => 5 + ((index * 7) % 90));
    const prompts = [start, [...start, 9, 8, 7], [...start.slice(0, 30), 50, 51], [...start, 9, 8, 7, 6, 5], start];
    const runs: { cachedTokens: number; ids: number[] }[] = [];
    for (const prompt of prompts) {
      const { cachedTokens, tokens } = model.generate(prompt, { maxNewTokens: 6 });
      runs.push({ cachedTokens, ids: await idsOf(tokens) });
    }
    expect(runs.map(({ cachedTokens }) => cachedTokens)).toEqual([0, 40, 30, 43, 39]); // of all of it, the last token is read again
    for (const [index, prompt] of prompts.entries()) {
      await using fresh = await loadText(repo);
      expect([index, runs[index]!.ids]).toEqual([index, await idsOf(fresh.generate(prompt, { maxNewTokens: 6 }).tokens)]);
    }
  });

  it('goes on with the answer to it, whoever else asks meanwhile, and after one that was ended in the middle', async () => {
    await using model = await loadText('tiny-qwen3-ONNX');
    const start = Array.from({ length: 20 }, (_, index) => 5 + index);
    const [one, two] = await Promise.all([idsOf(model.generate(start, { maxNewTokens: 8 }).tokens), idsOf(model.generate([...start, 40], { maxNewTokens: 8 }).tokens)]);
    const turn = model.generate([...start, ...one!, 3], { maxNewTokens: 4 });
    expect(turn.cachedTokens).toBe(start.length + one!.length - 1); // the last token was never read
    await idsOf(turn.tokens);
    const controller = new AbortController();
    const ended = model.generate([...start, 40, ...two!, 9], { maxNewTokens: 40 }, controller.signal).tokens;
    await ended.next();
    controller.abort(new Error('enough'));
    await expect(ended.next()).rejects.toThrow('enough');
    expect(await idsOf(model.generate([...start, 40], { maxNewTokens: 8 }).tokens)).toEqual(two);
  });
});
