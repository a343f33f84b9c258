import { existsSync } from 'node:fs';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Hubd, hubdIsHere } from '../../hub/test/helpers/hubd.js';
import { createEngine, type Alternatives, type Engine } from '../dist/index.js';
import { makeTestProject } from './helpers/test-project.js';

const fixtures = join(process.env['LLMI_SHARED'] ?? resolve(import.meta.dirname, '../../../../shared'), 'fixtures', 'hub', 'llmi-fixtures');

const body = `
  async loadModel() {
    const name = this.model.chosenFiles.find((path) => path.endsWith('.gguf'));
    return { info: { device: 'cpu', parallel: 1 }, async *generate() { yield answer(name); }, async [Symbol.asyncDispose]() {} };
  }
`;

describe.skipIf(!hubdIsHere || !existsSync(fixtures))('a repository with safetensors only', () => {
  let hub: Hubd;
  let project: Awaited<ReturnType<typeof makeTestProject>>;
  let engine: Engine;
  beforeAll(async () => {
    hub = await Hubd.start();
    await cp(join(fixtures, 'tiny-llama3'), join(hub.root, 'org', 'plain'), { recursive: true });
    await cp(join(fixtures, 'tiny-llama3'), join(hub.root, 'org', 'alone'), { recursive: true });
    await cp(join(fixtures, 'tiny-llama3-GGUF'), join(hub.root, 'other', 'plain-GGUF'), { recursive: true });
    await writeFile(join(hub.root, 'other', 'plain-GGUF', 'README.md'), '---\nbase_model: org/plain\nbase_model_relation: quantized\n---\n');
  });
  afterAll(() => hub?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    project = await makeTestProject(body, { match: { modelTypes: ['llama'] }, formats: ['gguf'] });
    project.settings.hub.endpoint = hub.url;
    engine = createEngine(project.settings);
  });
  afterEach(async () => {
    await engine[Symbol.asyncDispose]();
    await project[Symbol.asyncDispose]();
  });
  const modelFolders = () => readdir(join(project.settings.home, 'models')).catch(() => []);

  it('is refused with the ways there are, when nobody decides', async () => {
    await expect(engine.install('org/plain')).rejects.toMatchObject({
      code: 'MODEL_FORMAT_UNSUPPORTED',
      hint: expect.stringMatching(/llmi install other\/plain-GGUF\n.*llmi convert org\/plain/) as unknown,
    });
    expect(await modelFolders()).toEqual([]);
  });

  it('is checked with the same answer', async () => {
    await expect(engine.check('org/plain')).rejects.toMatchObject({ code: 'MODEL_FORMAT_UNSUPPORTED', hint: expect.stringMatching(/llmi install other\/plain-GGUF\n.*llmi convert org\/plain/) as unknown });
  });

  it('is refused for its pickles when it has nothing else', async () => {
    await hub.put('org/pickled', { 'config.json': '{"model_type": "llama"}', 'pytorch_model.bin': 'pickle' });
    for (const attempt of [() => engine.check('org/pickled'), () => engine.install('org/pickled')]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'MODEL_FILE_REFUSED', message: expect.stringContaining('pytorch_model.bin') as unknown, hint: expect.stringContaining('base_model:org/pickled') as unknown });
    }
  });

  it('is installed from a sibling that names it as its base', async () => {
    const seen: Alternatives[] = [];
    const model = await engine.install('org/plain:Q8_0', {
      chooseFormat: async (alternatives) => (seen.push(alternatives), { take: 'sibling', id: alternatives.siblings[0]!.id }),
    });
    expect(seen).toMatchObject([{ id: 'org/plain', siblings: [{ id: 'other/plain-GGUF', format: 'gguf' }], convertible: { ok: true } }]);
    expect(model).toMatchObject({ id: 'other/plain-GGUF', info: { quantization: 'Q8_0' } });
  });

  it('is converted into its folder, runs, and is made again when it is broken', async () => {
    const steps: string[] = [];
    const model = await engine.install('org/alone', { chooseFormat: async () => ({ take: 'conversion' }), onEvent: ({ type }) => steps.push(type) });
    expect([...new Set(steps)]).toEqual(['download', 'convert', 'done']);
    expect(model).toMatchObject({ name: 'org/alone', id: 'org/alone', path: model.folder, converted: { from: 'org/alone', type: 'Q8_0' }, info: { quantization: 'Q8_0', formats: ['gguf'] } });
    expect((await readdir(model.folder)).sort()).toEqual(['README.md', 'alone-Q8_0.gguf', 'llmi.json', 'start.cmd', 'start.sh']);
    expect((await engine.answer('org/alone', { prompt: 'x' })).result).toMatchObject({ text: 'alone-Q8_0.gguf' });
    const file = join(model.folder, 'alone-Q8_0.gguf');
    const bytes = await readFile(file);
    await writeFile(file, Buffer.from(bytes).fill(0, bytes.length - 64));
    expect(await engine.fix([])).toMatchObject([{ status: 'fixed', broken: [{ path: 'alone-Q8_0.gguf', problem: 'content' }] }]);
    expect((await readFile(file)).equals(bytes)).toBe(true);
    expect(await engine.update([])).toMatchObject([{ status: 'current' }]);
    await hub.put('org/alone', { 'generation_config.json': '{"temperature": 0.5}' }); // a new commit
    expect(await engine.update([], { check: true })).toMatchObject([{ status: 'available', converted: true, from: model.revision }]);
    const [updated] = await engine.update([]);
    expect(updated).toMatchObject({ status: 'updated', converted: true });
    expect((await engine.models())[0]!.installed).toMatchObject({ revision: updated!.to, converted: { from: 'org/alone', type: 'Q8_0' } });
    const renewed = await readFile(file);
    expect(renewed.includes('general.sampling.temp')).toBe(true); // which the new file says
    expect((await engine.remove('org/alone', { dryRun: true })).freedBytes).toBe(renewed.length);
    await engine.remove('org/alone');
    expect(await modelFolders()).toEqual([]);
  });

  it('is not kept twice: what was fetched to be converted leaves the cache, unless it is asked to stay or was there before', async () => {
    const cached = async () => (await readdir(project.settings.hub.cacheDir, { recursive: true }).catch(() => [])).filter((path) => path.endsWith('.safetensors'));
    await engine.convert('org/alone');
    expect(await cached()).toEqual([]);
    await engine.convert('org/alone', { keepSource: true, type: 'F16' });
    expect(await cached()).toHaveLength(1);
    await engine.convert('org/alone', { type: 'BF16' });
    expect(await cached()).toHaveLength(1);
    expect(await readdir(join(project.settings.home, 'converting'))).toEqual([]);
  });

  it('knows after an interruption what it had fetched only to convert it', async () => {
    const stop = new AbortController();
    await expect(engine.convert('org/alone', { signal: stop.signal, onEvent: ({ type }) => type === 'convert' && stop.abort(new Error('enough')) })).rejects.toThrow('enough');
    const cached = async () => (await readdir(project.settings.hub.cacheDir, { recursive: true })).filter((path) => path.endsWith('.safetensors'));
    expect(await cached()).toHaveLength(1); // a rerun goes on from there
    await engine.convert('org/alone', { out: join(project.root, 'out.gguf') });
    expect(await cached()).toEqual([]);
  });

  it('leaves nothing when the conversion is interrupted', async () => {
    const stop = new AbortController();
    const converting = engine.convert('org/alone', { signal: stop.signal, onEvent: ({ type }) => type === 'convert' && stop.abort(new Error('enough')) });
    await expect(converting).rejects.toThrow('enough');
    expect(await modelFolders()).toEqual([]);
  });

  it('is written to a file of any type, from a folder too', async () => {
    const out = join(project.root, 'own.gguf');
    const file = await engine.convert(join(fixtures, 'tiny-llama3'), { type: 'F16', out });
    expect(file).toMatchObject({ path: out, type: 'F16' });
    expect(file.model).toBeUndefined();
    expect((await engine.install(out)).info).toMatchObject({ quantization: 'F16', formats: ['gguf'] });
  });

  it('of a kind that cannot be converted is told so', async () => {
    await expect(engine.convert(join(fixtures, 'tiny-vit'))).rejects.toMatchObject({ code: 'MODEL_FORMAT_UNSUPPORTED' });
  });
});
