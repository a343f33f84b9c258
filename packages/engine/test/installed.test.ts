import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tinyGguf } from '@llmi/handler-testkit/gguf';
import { LoopbackHub } from '@llmi/handler-testkit/hub';
import { createEngine, type Engine } from '../dist/index.js';
import { makeTestProject } from './helpers/test-project.js';

const body = `
  async loadModel() { return { info: { device: 'cpu', parallel: 1 }, async *generate() { yield answer('hello'); }, async [Symbol.asyncDispose]() {} }; }
`;

let hub: LoopbackHub;
let project: Awaited<ReturnType<typeof makeTestProject>>;
let engine: Engine;
beforeEach(async () => {
  hub = await LoopbackHub.start({
    'org/name': { files: { 'm-Q8_0.gguf': tinyGguf('Q8_0', 4), 'config.json': '{"a": 1}', 'generation_config.json': '{}' } },
    'org/other': { files: { 'o-F16.gguf': tinyGguf('F16', 4) } },
  });
  project = await makeTestProject(body, { match: { modelTypes: ['llama'] }, formats: ['gguf'] });
  project.settings.hub.endpoint = hub.url;
  engine = createEngine(project.settings);
});
afterEach(async () => {
  await engine[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
  await project[Symbol.asyncDispose]();
});

const files = () => hub.repositories['org/name']!.files;
const fetched = () => hub.requests.filter(({ server, file }) => server === 'cdn' || (file !== undefined && file !== '')).map(({ file }) => file);
/** Another commit: weights and a configuration of other bytes, one file more, one less. */
function publish(): void {
  files()['m-Q8_0.gguf'] = tinyGguf('Q8_0', 6);
  files()['tokenizer_config.json'] = '{"b": 2}';
  delete files()['generation_config.json'];
  hub.requests.length = 0;
}
const blobs = () => readdir(join(project.settings.hub.cacheDir, 'models--org--name', 'blobs'));

describe('update', () => {
  it('says that there is nothing new, after one request', async () => {
    await engine.install('org/name');
    hub.requests.length = 0;
    expect(await engine.update([])).toMatchObject([{ name: 'org/name', status: 'current', changes: [] }]);
    expect(hub.requests).toHaveLength(1);
  });

  it('tells what differs, and with --check changes nothing', async () => {
    const before = await engine.install('org/name');
    publish();
    const [update] = await engine.update(['org/name'], { check: true });
    expect(update).toMatchObject({ status: 'available', from: before.revision, to: hub.commit('org/name'), freedBytes: 0 });
    expect(update!.changes.map(({ path, change }) => `${change} ${path}`)).toEqual(['removed generation_config.json', 'changed m-Q8_0.gguf', 'added tokenizer_config.json']);
    expect(update!.downloadBytes).toBe(tinyGguf('Q8_0', 6).length + 8);
    expect((await engine.find('org/name')).installed.revision).toBe(before.revision);
  });

  it('fetches what differs, frees what went, and keeps settings and the day of the installation', async () => {
    const before = await engine.install('org/name');
    const file = join(before.folder, 'llmi.json');
    await writeFile(file, JSON.stringify({ ...(JSON.parse(await readFile(file, 'utf8')) as object), settings: { threads: 3 } }));
    publish();
    const [update] = await engine.update([]);
    expect(update).toMatchObject({ status: 'updated', freedBytes: tinyGguf('Q8_0', 4).length + 2 });
    expect(fetched().filter((name) => name === 'config.json')).toEqual([]); // the same in both commits
    const { installed } = await engine.find('org/name');
    expect(installed).toMatchObject({ revision: hub.commit('org/name'), folder: before.folder, installedAt: before.installedAt, settings: { threads: 3 } });
    expect(await blobs()).toHaveLength(3);
    expect((await engine.fix([], { check: true }))[0]!.status).toBe('sound');
    expect((await engine.update([]))[0]!.status).toBe('current');
  });

  it('leaves the old one whole when the new one cannot be completed', async () => {
    const before = await engine.install('org/name');
    publish();
    hub.fault = ({ server }) => (server === 'cdn' ? { body: Buffer.alloc(tinyGguf('Q8_0', 6).length, 7) } : undefined);
    await expect(engine.update(['org/name'])).rejects.toMatchObject({ code: expect.stringMatching(/CORRUPT/) as unknown });
    expect((await engine.find('org/name')).installed.revision).toBe(before.revision);
    expect((await engine.fix(['org/name'], { check: true }))[0]!.status).toBe('sound');
    hub.fault = () => undefined;
    expect((await engine.update(['org/name']))[0]!.status).toBe('updated');
  });

  it('leaves it whole when it is interrupted', async () => {
    await engine.install('org/name');
    publish();
    const stop = new AbortController();
    const updating = engine.update([], { signal: stop.signal, onEvent: () => stop.abort(new Error('enough')) });
    await expect(updating).rejects.toThrow('enough');
    expect((await engine.fix([], { check: true }))[0]!.status).toBe('sound');
  });

  it('never moves a pinned commit, which stands beside the one of the branch', async () => {
    const commit = hub.commit('org/name');
    const pinned = await engine.install(`org/name@${commit}`);
    const following = await engine.install('org/name');
    expect(following.folder).not.toBe(pinned.folder);
    publish();
    expect((await engine.update([])).map(({ name, status }) => `${name} ${status}`)).toEqual(['org/name updated', `org/name@${commit.slice(0, 12)} pinned`]);
    expect((await engine.find(`org/name@${commit.slice(0, 12)}`)).installed.revision).toBe(commit);
    expect((await engine.find('org/name')).installed.revision).toBe(hub.commit('org/name'));
    expect((await engine.fix([], { check: true })).map(({ status }) => status)).toEqual(['sound', 'sound']);
  });

  it('reports what fails for one of several, and goes on', async () => {
    await engine.install('org/name');
    await engine.install('org/other');
    publish();
    hub.fault = ({ path }) => (path.startsWith('/api/models/org/other') ? { status: 404, headers: { 'x-error-code': 'RepoNotFound' } } : undefined);
    expect(await engine.update([])).toMatchObject([{ status: 'updated' }, { name: 'org/other', status: 'failed', error: { code: 'MODEL_NOT_FOUND' } }]);
    await expect(engine.update(['org/other'])).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });
});

describe('fix', () => {
  const damage = async (path: string, name: string, change: (bytes: Buffer) => Buffer) => writeFile(join(path, name), change(await readFile(join(path, name))));

  it('finds wrong bytes, cut and missing files, and fetches those again and no other', async () => {
    const { path } = await engine.install('org/name');
    await damage(path, 'm-Q8_0.gguf', (bytes) => bytes.fill(1, 200));
    await damage(path, 'config.json', (bytes) => bytes.subarray(1));
    const check = await engine.fix(['org/name'], { check: true });
    expect(check).toMatchObject([{ status: 'broken', broken: [{ path: 'm-Q8_0.gguf', problem: 'content' }, { path: 'config.json', problem: 'size' }] }]);
    hub.requests.length = 0;
    expect(await engine.fix([])).toMatchObject([{ status: 'fixed', fetchedBytes: tinyGguf('Q8_0', 4).length + 8 }]);
    expect(new Set(fetched())).toEqual(new Set(['config.json', 'm-Q8_0.gguf']));
    await rm(join(path, 'config.json'));
    expect(await engine.fix([])).toMatchObject([{ status: 'fixed', broken: [{ path: 'config.json', problem: 'missing' }] }]);
    expect(await engine.fix([])).toMatchObject([{ status: 'sound' }]);
  });

  it('writes the start scripts anew, and what llmi.json no longer says', async () => {
    const { folder } = await engine.install('org/name:Q8_0');
    await rm(join(folder, 'start.sh'));
    await engine.fix(['org/name']);
    expect(existsSync(join(folder, 'start.sh'))).toBe(true);
    const text = await readFile(join(folder, 'llmi.json'), 'utf8');
    await writeFile(join(folder, 'llmi.json'), text.slice(0, text.length / 2));
    expect(await engine.fix([], { check: true })).toMatchObject([{ status: 'broken', broken: [{ path: 'llmi.json' }] }]);
    expect(await engine.fix([])).toMatchObject([{ name: 'org/name', status: 'fixed' }]);
    expect((await engine.find('org/name')).installed.folder).toBe(folder);
    await writeFile(join(folder, 'llmi.json'), '');
    expect(await engine.fix([folder])).toMatchObject([{ name: 'org/name', status: 'fixed' }]); // README.md still tells
  });

  it("says whose a local model's files are", async () => {
    const own = join(project.root, 'own.gguf');
    await writeFile(own, tinyGguf());
    const { name } = await engine.install(own);
    await rm(own);
    await expect(engine.fix([name])).rejects.toMatchObject({ code: 'MODEL_FILE_MISSING', hint: expect.stringContaining('your own') as unknown });
  });
});

describe('remove', () => {
  it('says what it would free, and frees that', async () => {
    await engine.install('org/name');
    const plan = await engine.remove('org/name', { dryRun: true });
    expect(plan).toEqual({ freedBytes: tinyGguf('Q8_0', 4).length + 10, kept: [] });
    expect(await blobs()).toHaveLength(3);
    expect(await engine.remove('org/name')).toEqual(plan);
    expect(existsSync(join(project.settings.hub.cacheDir, 'models--org--name', 'blobs'))).toBe(false);
  });

  it('can leave the files, so that nothing is fetched again', async () => {
    const { path } = await engine.install('org/name');
    expect(await engine.remove('org/name', { keepFiles: true })).toEqual({ freedBytes: 0, kept: [path] });
    hub.requests.length = 0;
    await engine.install('org/name');
    expect(hub.requests.filter(({ server, range }) => server === 'cdn' && range === undefined)).toEqual([]);
  });

  it('keeps what another commit of it uses', async () => {
    await engine.install(`org/name@${hub.commit('org/name')}`);
    publish();
    await engine.install('org/name');
    expect((await engine.remove('org/name', { dryRun: true })).freedBytes).toBe(tinyGguf('Q8_0', 6).length + 8);
    await engine.remove('org/name');
    expect((await engine.fix([], { check: true })).map(({ status }) => status)).toEqual(['sound']);
  });
});

it('writes down when a model was last used', async () => {
  const { folder } = await engine.install('org/name');
  expect(existsSync(join(folder, 'last-used'))).toBe(false);
  await engine.answer('org/name', { prompt: 'hello' });
  await expect.poll(() => existsSync(join(folder, 'last-used'))).toBe(true);
});
