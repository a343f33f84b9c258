import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { filesFolder, verifyFiles } from '@llmi/hub';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Hubd, hubdIsHere, randomBytes } from '../../hub/test/helpers/hubd.js';
import { createEngine, type Engine } from '../dist/index.js';
import { makeTestProject } from './helpers/test-project.js';

const fixtures = join(process.env['LLMI_SHARED'] ?? resolve(import.meta.dirname, '../../../../shared'), 'fixtures', 'hub', 'llmi-fixtures');
const work = join(import.meta.dirname, 'helpers', 'engine-work.mjs');
const kills = 5; // of each kind of work

/** Each kind of work is killed at times all over its length, and run again: what is listed is whole at any time, and in the end all is well. */
describe.skipIf(!hubdIsHere || !existsSync(fixtures))('a process that is killed', () => {
  let hub: Hubd;
  let project: Awaited<ReturnType<typeof makeTestProject>>;
  let engine: Engine;
  beforeAll(async () => {
    hub = await Hubd.start();
    await cp(join(fixtures, 'tiny-llama3'), join(hub.root, 'org', 'plain'), { recursive: true });
  });
  afterAll(() => hub?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    await cp(join(fixtures, 'tiny-llama3-GGUF'), join(hub.root, 'org', 'ready'), { recursive: true, force: true });
    project = await makeTestProject('async loadModel() {}', { match: { modelTypes: ['llama'] }, formats: ['gguf'] });
    project.settings.hub.endpoint = hub.url;
    engine = createEngine(project.settings);
  });
  afterEach(async () => {
    await engine[Symbol.asyncDispose]();
    await project[Symbol.asyncDispose]();
  });

  /** Runs one piece of work; kills it `afterMs` after it began. Gives the milliseconds that it took, or undefined when it was killed. */
  async function run(afterMs: number | undefined, method: keyof Engine, ...args: unknown[]): Promise<number | undefined> {
    const child = spawn(process.execPath, [work, ...[project.settings, method, ...args].map((value) => JSON.stringify(value))], { stdio: ['ignore', 'pipe', 'pipe'] });
    const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    await Promise.race([once(child.stdout, 'data'), exited]);
    const begun = performance.now();
    const timer = afterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), afterMs);
    const [code, signal] = await exited;
    clearTimeout(timer);
    expect(signal === 'SIGKILL' || code === 0, errors).toBe(true);
    return signal === null ? performance.now() - begun : undefined;
  }

  async function expectWhole(): Promise<string[]> {
    const { models, broken } = await engine.list();
    expect(broken).toEqual([]);
    for (const model of models) expect(await verifyFiles(filesFolder(model), model.files), model.name).toEqual([]);
    return models.map(({ name }) => name);
  }

  /** `prepare` and the work as a whole, to know how long it takes; then with kills, and once more without. */
  async function killOften(prepare: () => Promise<void>, method: keyof Engine, ...args: unknown[]): Promise<void> {
    await prepare();
    const length = (await run(undefined, method, ...args))!;
    await expectWhole();
    let killed = 0;
    for (let index = 0; index < kills; index++) {
      await prepare();
      if ((await run((length * (index + 0.5)) / kills, method, ...args)) === undefined) killed++;
      await expectWhole();
      await run(undefined, method, ...args).catch(() => undefined);
      await expectWhole();
    }
    expect(killed).toBeGreaterThan(0);
  }

  const forget = () => Promise.all([rm(project.settings.home, { recursive: true, force: true }), rm(project.settings.hub.cacheDir, { recursive: true, force: true })]);

  it('while it installs', { timeout: 120_000 }, async () => {
    await killOften(async () => void (await forget()), 'install', 'org/ready:F16');
    expect(await expectWhole()).toEqual(['org/ready']);
  });

  it('while it converts', { timeout: 120_000 }, async () => {
    await killOften(async () => void (await forget()), 'convert', 'org/plain', { type: 'Q8_0' });
    expect(await expectWhole()).toEqual(['org/plain']);
    expect((await readdir(project.settings.hub.cacheDir, { recursive: true })).filter((path) => path.endsWith('.safetensors'))).toEqual([]);
  });

  it('while it updates', { timeout: 120_000 }, async () => {
    let version = 0;
    await engine.install('org/ready:F16');
    await killOften(async () => void (await hub.put('org/ready', { 'notes.txt': String(version++), 'tiny-llama3-F16.gguf': await newer(version) })), 'update', []);
    const [model] = (await engine.list()).models;
    expect(model!.revision).toBe((await engine.check('org/ready')).model.revision);
    expect(await readdir(join(project.settings.hub.cacheDir, 'models--org--ready', 'snapshots'))).toEqual([model!.revision]);
  });

  it('while it fixes', { timeout: 120_000 }, async () => {
    const model = await engine.install('org/ready:F16');
    const blob = await realpath(join(model.path, 'tiny-llama3-F16.gguf'));
    await writeFile(blob, randomBytes(model.sizeBytes));
    for (let index = 0; index < kills; index++) {
      await run(20 + 40 * index, 'fix', []);
      expect((await engine.list()).broken).toEqual([]);
    }
    await run(undefined, 'fix', []);
    expect(await expectWhole()).toEqual(['org/ready']);
  });

  it('while it removes', { timeout: 120_000 }, async () => {
    for (let index = 0; index < kills; index++) {
      await engine.install('org/ready:F16');
      await run(2 * index, 'remove', 'org/ready');
      if ((await expectWhole()).length > 0) await engine.remove('org/ready');
      expect((await engine.list()).models).toEqual([]);
    }
  });

  /** The same model with other content in its last tensor. */
  async function newer(version: number): Promise<Buffer> {
    const bytes = await readFile(join(fixtures, 'tiny-llama3-GGUF', 'tiny-llama3-F16.gguf'));
    bytes.writeUInt32LE(version, bytes.length - 64);
    return bytes;
  }
});
