import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { convert, convertAdapter } from '../../convert/dist/index.js'; // no dependency: convert's own tests depend on this package
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LlamaModel, type LlamaGenerateOptions } from '../src/index.js';
import { shared } from './shared.js';
import { tinyModel } from './tiny-model.js';

const hub = join(shared, 'fixtures', 'hub', 'llmi-fixtures');
const golden = join(shared, 'fixtures', 'golden', 'tiny-llama3-lora.json');

interface Golden {
  cases: { id: string; expect: Expected; expect_without_adapter: Expected }[];
}
interface Expected {
  input_ids: number[];
  output_ids: number[];
}

describe.skipIf(!existsSync(golden))('a LoRA adapter of PEFT, converted', () => {
  const folder = mkdtempSync(join(tmpdir(), 'llmi-lora-'));
  const cases = existsSync(golden) ? (JSON.parse(readFileSync(golden, 'utf8')) as Golden).cases : [];
  let model: LlamaModel;
  beforeAll(async () => {
    const [base, adapter] = [join(folder, 'base.gguf'), join(folder, 'pirate.gguf')];
    await convert(join(hub, 'tiny-llama3-base'), base, { type: 'F32' });
    await convertAdapter(join(hub, 'tiny-llama3-lora'), join(hub, 'tiny-llama3-base'), adapter);
    model = await LlamaModel.load(base, { device: 'cpu', parallel: 2, loras: [{ path: adapter }] });
  });
  afterAll(async () => {
    await model[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  const tokens = async (prompt: readonly number[], maxTokens: number, options: LlamaGenerateOptions = {}) => {
    const found: number[] = [];
    for await (const { token } of model.generate(prompt, { maxTokens, ...options })) found.push(token);
    return found;
  };

  it.each(cases)('$id: the tokens of the Python reference, with it, without it, and both at once', async ({ expect: with_, expect_without_adapter: without }) => {
    const count = with_.output_ids.length;
    expect(await tokens(with_.input_ids, count)).toEqual(with_.output_ids);
    expect(await tokens(without.input_ids, count, { loras: [] })).toEqual(without.output_ids);
    const together = await Promise.all([
      tokens(with_.input_ids, count),
      tokens(without.input_ids, count, { loras: [] }),
      tokens(with_.input_ids, count, { loras: [{ name: 'pirate', scale: 1 }] }),
      tokens(without.input_ids, count, { loras: [{ name: 'pirate', scale: 0 }] }),
    ]);
    expect(together).toEqual([with_.output_ids, without.output_ids, with_.output_ids, without.output_ids]);
  });

  it('is named by its file, and another name is refused', () => {
    expect(model.info.loras).toEqual(['pirate']);
    expect(() => model.generate([50], { loras: [{ name: 'parrot' }] })).toThrowError(expect.objectContaining({ code: 'INPUT_INVALID', param: 'loras[0].name', hint: expect.stringContaining('pirate') as string }));
    expect(() => model.generate([50], { loras: [{ name: 'pirate' }, { name: 'pirate' }] })).toThrowError(expect.objectContaining({ param: 'loras[1].name' }));
  });

  it('has a strength: half of it is something else', async () => {
    const [first] = cases;
    const half = await tokens(first!.expect.input_ids, 8, { loras: [{ name: 'pirate', scale: 0.5 }] });
    expect(half).not.toEqual(first!.expect.output_ids.slice(0, 8));
  });
});

describe('what is no adapter', () => {
  it('is refused when loading, by name', async () => {
    const tiny = await tinyModel();
    const load = (...paths: string[]) => LlamaModel.load(tiny.path, { device: 'cpu', loras: paths.map((path) => ({ path })) });
    await expect(load(join(tiny.folder, 'none.gguf'))).rejects.toMatchObject({ code: 'MODEL_FILE_MISSING', message: expect.stringContaining('none.gguf') as string });
    await expect(load(tiny.folder)).rejects.toMatchObject({ code: 'MODEL_FORMAT_UNSUPPORTED' });
    await expect(load(tiny.path)).rejects.toMatchObject({ code: 'INPUT_INVALID', message: expect.stringContaining('is a model') as string });
    await expect(load('a/x.gguf', 'b/x.gguf')).rejects.toMatchObject({ code: 'INPUT_INVALID', param: 'loras' });
    tiny.remove();
  });
});
