import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEngine, type Settings } from '../dist/index.js';
import { makeTestProject } from './helpers/test-project.js';

/** Says how it was loaded. */
const body = `
  async loadModel(_path, { kvCacheType, promptLookup, draft }) {
    const generate = async function* () { yield answer(JSON.stringify({ kvCacheType, promptLookup, draft })); };
    return { info: { device: 'cpu', parallel: 1 }, generate, async [Symbol.asyncDispose]() {} };
  }
`;

let project: Awaited<ReturnType<typeof makeTestProject>>;
let folder: string;
beforeAll(async () => {
  project = await makeTestProject(body, { match: { files: ['test.txt'] } });
  for (const name of ['big', 'small', 'plain']) {
    folder = join(project.root, name);
    await mkdir(folder);
    await writeFile(join(folder, 'test.txt'), '');
    await writeFile(join(folder, 'config.json'), '{"model_type": "test"}');
  }
  await writeFile(join(project.root, 'other.gguf'), '');
});
afterAll(() => project[Symbol.asyncDispose]());

async function loadedWith(settings: Partial<Settings>, name = 'big'): Promise<unknown> {
  await using engine = createEngine({ ...project.settings, ...settings });
  for (const model of ['big', 'small', 'plain']) await engine.attach(join(project.root, model), model);
  const { result } = await engine.answer(name, { prompt: 'x' });
  return JSON.parse((result as { text: string }).text);
}

describe('text models are loaded', () => {
  it('with the KV cache type and prompt lookup of the settings', async () => {
    expect(await loadedWith({})).toEqual({});
    expect(await loadedWith({ kvCacheType: 'q8_0', promptLookup: true })).toEqual({ kvCacheType: 'q8_0', promptLookup: true });
  });

  it('with the draft that the settings name for them, or for all', async () => {
    const other = join(project.root, 'other.gguf');
    expect(await loadedWith({ drafts: { big: other } })).toEqual({ draft: other });
    expect(await loadedWith({ drafts: { big: other } }, 'small')).toEqual({});
    expect(await loadedWith({ drafts: { '*': other } }, 'small')).toEqual({ draft: other });
  });

  it.each([
    ['plain', 'MODEL_FORMAT_UNSUPPORTED'],
    ['./nothing.gguf', 'MODEL_NOT_FOUND'],
    ['nobody/has-this', 'MODEL_NOT_INSTALLED'],
  ])('not with the draft %s', async (draft, code) => {
    await expect(loadedWith({ drafts: { big: draft } })).rejects.toMatchObject({ code });
  });
});
