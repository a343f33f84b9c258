import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tinyGguf } from '@llmi/handler-testkit/gguf';
import { LoopbackHub } from '@llmi/handler-testkit/hub';
import { createEngine, type DoctorItem, type Engine, type InstallEvent } from '../dist/index.js';
import { makeTestProject } from './helpers/test-project.js';

const body = `
  async loadModel() { throw new Error('not asked for'); }
  getDependencies() {
    return [
      { name: 'there', range: '^1.2.0' },
      { name: '@scope/old', range: '>=2.0.0', reason: 'it splits text' },
      { name: 'extra', range: '*', optional: true },
    ];
  }
`;

let hub: LoopbackHub;
let project: Awaited<ReturnType<typeof makeTestProject>>;
let engine: Engine;
beforeEach(async () => {
  hub = await LoopbackHub.start({ 'org/name': { files: { 'm-Q8_0.gguf': tinyGguf('Q8_0', 4), 'config.json': '{}' } } });
  project = await makeTestProject(body, { match: { modelTypes: ['llama'] }, formats: ['gguf'] });
  project.settings.hub.endpoint = hub.url;
  const modules = join(project.root, 'project', 'node_modules');
  for (const [name, version] of [['there', '1.3.0'], ['@scope/old', '1.9.0']] as const) {
    await mkdir(join(modules, name), { recursive: true });
    await writeFile(join(modules, name, 'package.json'), JSON.stringify({ name, version }));
  }
  engine = createEngine(project.settings);
});
afterEach(async () => {
  await engine[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
  await project[Symbol.asyncDispose]();
});

const named = async (name: string): Promise<DoctorItem[]> => (await engine.doctor()).filter((item) => item.name === name);

it("names the packages that a model's handler lacks, by version, here and while installing", async () => {
  const events: InstallEvent[] = [];
  await engine.install('org/name', { onEvent: (event) => events.push(event) });
  expect(events.find(({ type }) => type === 'dependencies')).toMatchObject({ lacking: [{ name: '@scope/old', status: 'wrong', version: '1.9.0' }, { name: 'extra', status: 'missing' }] });
  expect(await named('package there')).toMatchObject([{ status: 'ok', detail: expect.stringContaining('1.3.0') as unknown }]);
  expect(await named('package @scope/old')).toMatchObject([{ status: 'problem', detail: expect.stringContaining('it splits text') as unknown, cure: 'Install it beside the handler: npm install "@scope/old@>=2.0.0"' }]);
  expect(await named('package extra')).toMatchObject([{ status: 'ok' }]);
});

it('names the files that a model lacks', async () => {
  const { path } = await engine.install('org/name');
  expect(await named('model org/name')).toMatchObject([{ status: 'ok' }]);
  await rm(join(path, 'm-Q8_0.gguf'));
  expect(await named('model org/name')).toMatchObject([{ status: 'problem', detail: expect.stringContaining('m-Q8_0.gguf') as unknown, cure: 'Fetch them again: llmi fix org/name' }]);
});

it('looks through the cache for what is of no use, and touches nothing', async () => {
  await engine.install('org/name');
  expect(await named('cache content')).toHaveLength(1);
  const folder = join(project.settings.hub.cacheDir, 'models--org--name');
  await writeFile(join(folder, 'blobs', `${'a'.repeat(64)}.llmi.incomplete`), 'half');
  await writeFile(join(folder, 'blobs', 'b'.repeat(64)), 'nobody');
  await symlink('../../blobs/none', join(folder, 'snapshots', hub.commit('org/name'), 'lost.bin'));
  const details = (await named('cache content')).map(({ status, detail }) => `${status} ${detail}`);
  expect(details.slice(1)).toEqual([expect.stringMatching(/^warning 1 download not complete/), expect.stringMatching(/^warning 1 file that nothing shows/), 'warning 1 broken link']);
});

it('asks the hub on the way that downloads take, and whose the token is', async () => {
  expect(await named('hub token')).toMatchObject([{ status: 'ok', detail: expect.stringContaining('none') as unknown }]);
  await hub[Symbol.asyncDispose]();
  const [silent] = await named('hub');
  expect(silent).toMatchObject({ status: 'warning', cure: expect.stringContaining('HTTPS_PROXY') as unknown });
  project.settings.hub.proxy = 'http://name:secret@127.0.0.1:9';
  const [proxied] = await named('hub');
  expect(proxied!.status).toBe('warning');
  expect(JSON.stringify(proxied)).not.toContain('secret');
});
