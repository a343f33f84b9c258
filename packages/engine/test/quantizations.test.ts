import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tinyGguf } from '@llmi/handler-testkit/gguf';
import { LoopbackHub } from '@llmi/handler-testkit/hub';
import { createEngine, type Engine } from '../dist/index.js';
import { makeTestProject } from './helpers/test-project.js';

/** Answers with the file it was told to load. */
const body = `
  async loadModel() {
    const text = this.model.chosenFiles.find((path) => path.endsWith('.gguf'));
    return { info: { device: 'cpu', parallel: 1 }, async *generate() { yield answer(text); }, async [Symbol.asyncDispose]() {} };
  }
`;

let hub: LoopbackHub;
let project: Awaited<ReturnType<typeof makeTestProject>>;
let engine: Engine;
beforeEach(async () => {
  hub = await LoopbackHub.start({ 'org/name': { files: { 'm-Q8_0.gguf': tinyGguf('Q8_0', 4), 'm-F16.gguf': tinyGguf('F16', 4), 'README.md': '# m' } } });
  project = await makeTestProject(body, { match: { modelTypes: ['llama'] }, formats: ['gguf'] });
  project.settings.hub.endpoint = hub.url;
  engine = createEngine(project.settings);
});
afterEach(async () => {
  await engine[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
  await project[Symbol.asyncDispose]();
});

const answerOf = async (name: string) => (await engine.answer(name, { prompt: 'hello' })).result;

it('installs a second quantization beside the first, and each answers to its own name', async () => {
  const first = await engine.install('org/name:Q8_0');
  expect(await answerOf('org/name')).toMatchObject({ text: 'm-Q8_0.gguf' });
  const second = await engine.install('org/name:F16');
  expect(second.folder).not.toBe(first.folder);
  expect(await answerOf('org/name:Q8_0')).toMatchObject({ text: 'm-Q8_0.gguf' });
  expect(await answerOf('org/name:F16')).toMatchObject({ text: 'm-F16.gguf' });
  expect(engine.loaded()).toHaveLength(2); // the first is the same process as before, under its longer name
  await expect(engine.find('org/name')).rejects.toMatchObject({ code: 'MODEL_AMBIGUOUS', hint: expect.stringMatching(/org\/name:F16.*org\/name:Q8_0/) as unknown });
  expect(await readFile(join(second.folder, 'README.md'), 'utf8')).toContain('llmi remove org/name:F16');
});

it('removes one and leaves the other whole', async () => {
  await engine.install('org/name:Q8_0');
  await engine.install('org/name:F16');
  await engine.remove('org/name:Q8_0');
  expect((await engine.list()).models.map(({ name }) => name)).toEqual(['org/name']);
  expect(await answerOf('org/name')).toMatchObject({ text: 'm-F16.gguf' });
  await expect(engine.find('org/name:Q8_0')).rejects.toMatchObject({ code: 'MODEL_NOT_INSTALLED' });
});

it('says of a model that is there already that it is, and keeps one folder', async () => {
  await engine.install('org/name:F16');
  const already: boolean[] = [];
  await engine.install('org/name:F16', { onEvent: (event) => event.type === 'done' && already.push(event.alreadyInstalled) });
  expect(already).toEqual([true]);
  expect((await engine.list()).models).toHaveLength(1);
});

it('leaves nothing half-installed when it is given up in the middle', async () => {
  const leaving = new AbortController();
  hub.fault = ({ server }) => (server === 'cdn' ? (leaving.abort(new Error('left')), undefined) : undefined);
  await expect(engine.install('org/name:F16', { signal: leaving.signal })).rejects.toThrow('left');
  expect(await engine.list()).toEqual({ models: [], broken: [] });
  hub.fault = () => undefined;
  await expect(engine.install('org/name:F16')).resolves.toMatchObject({ id: 'org/name' });
});
