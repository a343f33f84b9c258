import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tinyGguf } from '@llmi/handler-testkit/gguf';
import { LoopbackHub, sha256 } from '@llmi/handler-testkit/hub';
import { createEngine, type Engine } from '../dist/index.js';
import { makeTestProject } from './helpers/test-project.js';

const body = `
  async loadModel() {
    const name = this.model.chosenFiles.find((path) => path.endsWith('.gguf')) + ' ' + this.model.revision;
    return { info: { device: 'cpu', parallel: 1 }, async *generate() { yield answer(name); }, async [Symbol.asyncDispose]() {} };
  }
`;

let hub: LoopbackHub;
let project: Awaited<ReturnType<typeof makeTestProject>>;
let folder: string;
let engine: Engine;
beforeEach(async () => {
  hub = await LoopbackHub.start({ 'org/name': { files: { 'm-Q8_0.gguf': tinyGguf('Q8_0', 4), 'm-F16.gguf': tinyGguf('F16', 4), 'config.json': '{}' } } });
  project = await makeTestProject(body, { match: { modelTypes: ['llama'] }, formats: ['gguf'] });
  project.settings.hub.endpoint = hub.url;
  folder = join(project.root, 'project');
  await declare({ chat: 'org/name:Q8_0' });
  engine = createEngine(project.settings);
});
afterEach(async () => {
  await engine[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
  await project[Symbol.asyncDispose]();
});

const declare = (models: Record<string, string>) => writeFile(join(folder, 'package.json'), JSON.stringify({ llmi: { models } }));
const lock = () => readFile(join(folder, 'llmi.lock'), 'utf8');
const freshHome = () => rm(project.settings.home, { recursive: true, force: true });
const answerOf = async (name: string) => (await engine.answer(name, { prompt: 'hello' })).result;

it('installs what is declared, writes the lock, and knows the models by the names of the project', async () => {
  await declare({ small: 'org/name:Q8_0', chat: 'org/name:F16' });
  const models = await engine.installProject();
  expect(models.map(({ alias, lock: change }) => `${alias} ${change}`)).toEqual(['small added', 'chat added']);
  const written = JSON.parse(await lock()) as { models: Record<string, unknown> };
  expect(Object.keys(written.models)).toEqual(['chat', 'small']); // in order, whatever the order of package.json
  expect(written.models['chat']).toEqual({
    reference: 'org/name:F16', id: 'org/name', revision: hub.commit('org/name'), quantization: 'F16',
    files: [expect.objectContaining({ path: 'config.json', git_sha1: expect.any(String) as unknown }), { path: 'm-F16.gguf', size_bytes: tinyGguf('F16', 4).length, sha256: sha256(tinyGguf('F16', 4)) }],
  });
  expect(await answerOf('small')).toMatchObject({ text: `m-Q8_0.gguf ${hub.commit('org/name')}` });
  await expect(engine.find('large')).rejects.toMatchObject({ code: 'MODEL_NOT_INSTALLED' });
});

it('gives the same bytes again, also on another machine', async () => {
  await engine.installProject();
  const first = await lock();
  await freshHome();
  expect((await engine.installProject({ frozen: true }))[0]!.lock).toBe('kept');
  expect(await lock()).toBe(first);
});

it('asks nobody for what is installed as locked', async () => {
  await engine.installProject();
  hub.requests.length = 0;
  await engine.installProject({ frozen: true });
  expect(hub.requests).toEqual([]);
});

it('installs at the commit of the lock, beside a newer one of the same model, and moves on only when told', async () => {
  const former = hub.commit('org/name');
  await engine.installProject();
  const kept = hub.repositories['org/name']!.files;
  hub.repositories['org/name']!.files = { ...kept, 'm-Q8_0.gguf': tinyGguf('Q8_0', 6) };
  const newest = hub.commit('org/name');
  await engine.update(['org/name']);
  await expect(engine.find('chat')).rejects.toMatchObject({ code: 'MODEL_NOT_INSTALLED', hint: expect.stringContaining('llmi install') as unknown });
  // Two commits at once: the hub of this test has one at a time.
  hub.commit = () => former;
  hub.repositories['org/name']!.files = kept;
  const [model] = await engine.installProject();
  expect(model).toMatchObject({ lock: 'kept', installed: { revision: former } });
  expect((await engine.find('chat')).installed.revision).toBe(former);
  expect((await engine.find('org/name')).installed.revision).toBe(newest);
  hub.commit = () => newest;
  hub.repositories['org/name']!.files = { ...kept, 'm-Q8_0.gguf': tinyGguf('Q8_0', 6) };
  expect(await engine.installProject({ renew: true })).toMatchObject([{ lock: 'changed', installed: { revision: newest } }]);
});

it('refuses other files than those of the lock before it fetches one', async () => {
  await engine.installProject();
  const former = hub.commit('org/name');
  await freshHome();
  hub.commit = () => former;
  hub.repositories['org/name']!.files['m-Q8_0.gguf'] = tinyGguf('Q8_0', 5);
  hub.requests.length = 0;
  await expect(engine.installProject()).rejects.toMatchObject({ code: 'DOWNLOAD_CORRUPT', message: expect.stringContaining('m-Q8_0.gguf') as unknown });
  expect(hub.requests.filter(({ server, range }) => server === 'cdn' && range === undefined)).toEqual([]);
});

it.each<[string, Record<string, string>, RegExp]>([
  ['a model more', { chat: 'org/name:Q8_0', more: 'org/name:F16' }, /it lacks "more"/],
  ['a model less', { other: 'org/name:Q8_0' }, /it has "chat", which package.json has not/],
  ['another model', { chat: 'org/name:F16' }, /"chat" is org\/name:Q8_0 there/],
])('--frozen refuses %s, and says what differs', async (_, models, message) => {
  await engine.installProject();
  const before = await lock();
  await declare(models);
  await expect(engine.installProject({ frozen: true })).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) as unknown });
  expect(await lock()).toBe(before);
});

it('leaves the lock as it was when one of the models cannot be installed', async () => {
  await declare({ chat: 'org/name:Q8_0', none: 'org/none' });
  await expect(engine.installProject()).rejects.toMatchObject({ code: expect.stringMatching(/MODEL_NOT_FOUND|HUB_AUTH_REQUIRED/) as unknown });
  expect(existsSync(join(folder, 'llmi.lock'))).toBe(false);
});

it('takes a folder of the project, from wherever in it one stands', async () => {
  await mkdir(join(folder, 'models'), { recursive: true });
  await writeFile(join(folder, 'models', 'own-Q8_0.gguf'), tinyGguf());
  await declare({ own: './models/own-Q8_0.gguf' });
  await engine.installProject();
  const below = createEngine({ ...project.settings, projectDir: join(folder, 'models') });
  expect((await below.find('own')).installed.path).toBe(join(folder, 'models'));
  await below[Symbol.asyncDispose]();
  expect(await lock()).not.toContain(project.root);
});

it('says what a declaration looks like', async () => {
  await writeFile(join(folder, 'package.json'), '{}');
  await expect(engine.installProject()).rejects.toMatchObject({ code: 'USAGE', hint: expect.stringContaining('"llmi"') as unknown });
  await declare({ 'no/name': 'org/name' });
  await expect(engine.installProject()).rejects.toMatchObject({ code: 'CONFIG_INVALID', param: 'llmi.models' });
  await declare({ chat: 'org/name:Q8_0' });
  await writeFile(join(folder, 'llmi.lock'), '{');
  await expect(engine.installProject()).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('llmi.lock') as unknown });
});
