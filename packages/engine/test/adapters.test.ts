import { existsSync } from 'node:fs';
import { appendFile, cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Hubd, hubdIsHere } from '../../hub/test/helpers/hubd.js';
import { createEngine, type Engine } from '../dist/index.js';
import { makeTestProject } from './helpers/test-project.js';

const fixtures = join(process.env['LLMI_SHARED'] ?? resolve(import.meta.dirname, '../../../../shared'), 'fixtures', 'hub', 'llmi-fixtures');

/** Answers with where it was loaded from, and with which adapters. */
const body = `
  async loadModel(path, { loras }) {
    return { info: { device: 'cpu', parallel: 1 }, async *generate() { yield answer(JSON.stringify({ path, loras })); }, async [Symbol.asyncDispose]() {} };
  }
`;
const chooseFormat = async () => ({ take: 'conversion' }) as const;

describe.skipIf(!hubdIsHere || !existsSync(fixtures))('a LoRA adapter', () => {
  let hub: Hubd;
  let project: Awaited<ReturnType<typeof makeTestProject>>;
  let engine: Engine;
  beforeAll(async () => {
    hub = await Hubd.start();
  });
  afterAll(() => hub?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    for (const name of ['tiny-llama3-base', 'tiny-llama3-lora', 'tiny-sd15-lora']) await cp(join(fixtures, name), join(hub.root, 'llmi-fixtures', name), { recursive: true, force: true });
    project = await makeTestProject(body, { match: { modelTypes: ['llama'] }, formats: ['gguf'] });
    project.settings.hub.endpoint = hub.url;
    engine = createEngine(project.settings);
  });
  afterEach(async () => {
    await engine[Symbol.asyncDispose]();
    await project[Symbol.asyncDispose]();
    await rm(join(hub.root, 'llmi-fixtures'), { recursive: true, force: true });
  });
  const install = () => engine.install('llmi-fixtures/tiny-llama3-lora', { chooseFormat });
  const loadedWith = async (name: string) => JSON.parse(((await engine.answer(name, { prompt: 'x' })).result as { text: string }).text) as { path: string; loras?: { path: string; scale: number }[] };

  it('is checked as the model that it goes onto', async () => {
    await engine.convert('llmi-fixtures/tiny-llama3-base', { out: join(project.root, 'base.gguf') });
    const report = await engine.check('llmi-fixtures/tiny-llama3-lora', { base: join(project.root, 'base.gguf') });
    expect(report).toMatchObject({ adapter: { id: 'llmi-fixtures/tiny-llama3-lora', sizeBytes: 100456 }, model: { id: 'local/base' }, verdict: { fits: true } });
  });

  it('comes with its base, and is loaded on it', async () => {
    const model = await install();
    expect(model).toMatchObject({ id: 'llmi-fixtures/tiny-llama3-lora', files: [{ path: 'adapter.gguf' }], info: { baseModel: 'llmi-fixtures/tiny-llama3-base' } });
    const { models } = await engine.list();
    expect(models.map(({ name }) => name)).toEqual(['llmi-fixtures/tiny-llama3-base', 'llmi-fixtures/tiny-llama3-lora']);
    expect(await loadedWith('tiny-llama3-lora')).toEqual({ path: models[0]!.path, loras: [{ path: join(model.folder, 'adapter.gguf'), scale: 1 }] });
    expect((await loadedWith('tiny-llama3-base')).loras).toBeUndefined();
    expect((await readFile(join(model.folder, 'adapter.gguf'))).subarray(0, 4).toString()).toBe('GGUF');
    expect(model.requirements.memoryParts).toContainEqual(expect.objectContaining({ name: 'adapter', bytes: model.sizeBytes }));
  });

  it('goes onto a base that is installed already, from a folder too', async () => {
    const base = await engine.convert('llmi-fixtures/tiny-llama3-base', { type: 'F16' });
    const model = await engine.install(join(fixtures, 'tiny-llama3-lora'));
    expect((await engine.list()).models).toHaveLength(2);
    expect((await loadedWith(model.name)).path).toBe(base.model!.path);
  });

  it('keeps its base from being removed, and leaves it when it goes', async () => {
    await install();
    await expect(engine.remove('tiny-llama3-base')).rejects.toMatchObject({ code: 'MODEL_IN_USE', message: expect.stringContaining('tiny-llama3-lora') as unknown });
    await engine.remove('tiny-llama3-lora');
    await engine.remove('tiny-llama3-base');
    expect((await engine.list()).models).toEqual([]);
  });

  it('is updated and fixed by itself, and follows its base to a new commit', async () => {
    const { revision, folder } = await install();
    await writeFile(join(folder, 'adapter.gguf'), 'broken');
    expect(await engine.fix([])).toMatchObject([{ status: 'sound' }, { name: 'llmi-fixtures/tiny-llama3-lora', status: 'fixed' }]);
    await hub.put('llmi-fixtures/tiny-llama3-base', { 'generation_config.json': '{"temperature": 0.25}' });
    expect(await engine.update([])).toMatchObject([{ status: 'updated' }, { status: 'current' }]);
    await appendFile(join(hub.root, 'llmi-fixtures', 'tiny-llama3-lora', 'README.md'), 'more\n');
    expect(await engine.update([])).toMatchObject([{ status: 'current' }, { status: 'updated', from: revision }]);
    const [base] = (await engine.list()).models;
    expect((await loadedWith('tiny-llama3-lora')).path).toBe(base!.path);
  });

  it('whose base is gone is reported, and comes back with it', async () => {
    const { folder } = await install();
    const [base] = (await engine.list()).models;
    await rm(base!.folder, { recursive: true });
    expect(await engine.list()).toMatchObject({ models: [], broken: [{ folder, error: { code: 'MODEL_FILE_MISSING', hint: expect.stringContaining('again') as unknown } }] });
    await install();
    expect((await engine.list()).models).toHaveLength(2);
  });

  it('that names no base, or does not go with it, is refused with the way out', async () => {
    await hub.put('org/nameless', { 'adapter_config.json': '{"peft_type": "LORA", "task_type": "CAUSAL_LM"}', 'adapter_model.safetensors': await readFile(join(fixtures, 'tiny-llama3-lora', 'adapter_model.safetensors')) });
    await expect(engine.check('org/nameless')).rejects.toMatchObject({ code: 'MODEL_FORMAT_UNSUPPORTED', hint: expect.stringContaining('--base') as unknown });
    await expect(engine.install('org/nameless', { chooseFormat })).rejects.toMatchObject({ code: 'INPUT_INVALID', hint: expect.stringContaining('--base') as unknown });
    await expect(engine.install('llmi-fixtures/tiny-sd15-lora', { chooseFormat, base: 'llmi-fixtures/tiny-llama3-base' })).rejects.toMatchObject({ code: 'INPUT_UNSUPPORTED', param: 'base' });
    expect((await engine.list()).models.map(({ id }) => id)).toEqual(['llmi-fixtures/tiny-llama3-base']); // which was installed for it
  });
});
