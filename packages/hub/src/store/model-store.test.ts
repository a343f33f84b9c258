import { access, chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { folderName } from './folder-name.js';
import type { InstalledModel } from './installed-model.js';
import { ModelStore } from './model-store.js';

const commit = 'c'.repeat(40);
let home: string;
let store: ModelStore;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'llmi-store-'));
  store = new ModelStore(home);
});

function model(id: string, quantization: string, more: Partial<InstalledModel> = {}): Omit<InstalledModel, 'folder'> {
  const files = [{ path: `m-${quantization}.gguf`, sizeBytes: 5, sha256: quantization.padEnd(64, '0').toLowerCase() }];
  return {
    name: id, id, source: 'hub', revision: commit, path: '/cache/snapshot', files, sizeBytes: 5, installedAt: '2026-01-02T03:04:05.000Z', settings: { port: 8000 },
    handler: { package: '@llmi/handler-x', name: 'x', version: '1.0.0' },
    info: { id, source: 'hub', revision: commit, files, chosenFiles: [files[0]!.path], formats: ['gguf'], quantization, architectures: [], tags: [], json: { 'config.json': { model_type: 'llama', maxLength: 3 } }, text: {} },
    requirements: {
      modelType: 'llama', modelFamily: 'llama', primaryLibrary: 'node-llama-cpp', baseDependencies: [], specialDependencies: [], optionalDependencies: [], systemDependencies: [],
      memoryRequirements: { min: 1, recommended: 2, gpuMin: 1, gpuRecommended: 2 }, memoryParts: [], diskBytes: 5, parameterSource: 'gguf',
    },
    ...more,
  };
}

const scripts = { 'start.sh': { content: '#!/bin/sh\n', mode: 0o755 }, 'README.md': { content: 'hello' } };

describe('write', () => {
  it('makes a folder with llmi.json in snake_case, and reads it back the same', async () => {
    const written = await store.write(model('org/name', 'Q8_0'), scripts);
    expect(written.folder).toBe(join(home, 'models', 'org--name'));
    const text = JSON.parse(await readFile(join(written.folder, 'llmi.json'), 'utf8'));
    expect(text).toMatchObject({ size_bytes: 5, installed_at: '2026-01-02T03:04:05.000Z', requirements: { memory_requirements: { gpu_min: 1 } } });
    expect(text.info.json['config.json']).toEqual({ model_type: 'llama', maxLength: 3 }); // data, not ours to rename
    expect(written).toEqual({ ...model('org/name', 'Q8_0'), folder: written.folder });
    expect((await stat(join(written.folder, 'start.sh'))).mode & 0o777).toBe(0o755);
  });

  it('gives a second quantization a folder of its own and keeps the first', async () => {
    await store.write(model('org/name', 'Q8_0'), {});
    const second = await store.write(model('org/name', 'Q4_K_M'), {});
    expect(second.folder).toBe(join(home, 'models', 'org--name--Q4_K_M'));
    const again = await store.write(model('org/name', 'Q4_K_M', { settings: { port: 9000 } }), {});
    expect(again).toMatchObject({ folder: second.folder, settings: { port: 9000 } });
    expect((await store.list()).models.map(({ info }) => info.quantization)).toEqual(['Q4_K_M', 'Q8_0']);
  });

  it('leaves logs and unknown keys of a newer version alone when it reads, and logs when it writes', async () => {
    const { folder } = await store.write(model('org/name', 'Q8_0'), {});
    await mkdir(join(folder, 'logs'));
    const file = join(folder, 'llmi.json');
    await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), from_the_future: { a: 1 } }));
    expect((await store.get('org/name')).name).toBe('org/name');
    await store.write(model('org/name', 'Q8_0'), {});
    await access(join(folder, 'logs'));
    expect((await readdir(folder)).sort()).toEqual(['llmi.json', 'logs']);
  });

  it.skipIf(process.getuid?.() === 0)('says that a home may not be written, and leaves nothing', async () => {
    await mkdir(join(home, 'models'));
    await chmod(join(home, 'models'), 0o500);
    await expect(store.write(model('org/name', 'Q8_0'), {})).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  });

  it('refuses extra files that lead out of the folder, and leaves nothing half-made', async () => {
    await expect(store.write(model('org/name', 'Q8_0'), { '../x': { content: '' } })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await expect(store.write(model('org/name', 'Q8_0'), { a: { content: '' }, 'a/b': { content: '' } })).rejects.toThrow();
    expect(await readdir(join(home, 'models'))).toEqual([]);
  });
});

describe('get', () => {
  beforeEach(async () => {
    await store.write(model('org/name', 'Q8_0'), {});
    await store.write(model('org/name', 'Q4_K_M'), {});
    await store.write(model('Other/Solo', 'F16'), {});
  });

  it('knows the id, a quantization, the last part, the folder', async () => {
    expect((await store.get('org/name:q4_k_m')).info.quantization).toBe('Q4_K_M');
    expect((await store.get('other/solo')).id).toBe('Other/Solo');
    expect((await store.get('solo')).id).toBe('Other/Solo');
    expect((await store.get(join(home, 'models', 'org--name--Q4_K_M'))).info.quantization).toBe('Q4_K_M');
    expect((await store.get('org--name--Q4_K_M')).info.quantization).toBe('Q4_K_M');
  });

  it('asks back when two are meant', async () => {
    await expect(store.get('org/name')).rejects.toMatchObject({ code: 'MODEL_AMBIGUOUS', hint: 'Use one of: org/name:Q4_K_M, org/name:Q8_0.' });
  });

  it('gives every model a name that means it alone', async () => {
    await store.write(model('local/tiny', 'Q8_0', { source: 'folder', path: '/one' }), {});
    await store.write(model('local/tiny', 'Q8_0', { source: 'folder', path: '/two' }), {});
    const { models } = await store.list();
    expect(models.map(({ name }) => name)).toEqual(['local--tiny', 'local--tiny--Q8_0', 'org/name:Q4_K_M', 'org/name:Q8_0', 'Other/Solo']);
    for (const { name, folder } of models) {
      expect(await store.get(name)).toMatchObject({ name, folder });
      expect(await store.get(folder)).toMatchObject({ name, folder });
    }
  });

  it('names the nearest when none is meant', async () => {
    await expect(store.get('org/nam')).rejects.toMatchObject({ code: 'MODEL_NOT_INSTALLED', hint: expect.stringContaining('org/name') });
    await expect(store.get('org/name:Q2_K')).rejects.toMatchObject({ code: 'MODEL_NOT_INSTALLED' });
    await expect(new ModelStore(join(home, 'nowhere')).get('x')).rejects.toMatchObject({ code: 'MODEL_NOT_INSTALLED' });
  });
});

it('lists what is installed, reports what is broken, passes over what was never finished', async () => {
  await store.write(model('org/name', 'Q8_0'), {});
  for (const name of ['half', 'damaged', 'wrong']) await mkdir(join(home, 'models', name));
  await writeFile(join(home, 'models', 'damaged', 'llmi.json'), '{"name": ');
  await writeFile(join(home, 'models', 'wrong', 'llmi.json'), '{"name": "x"}');
  const { models, broken } = await store.list();
  expect(models.map(({ name }) => name)).toEqual(['org/name']);
  expect(broken.map(({ folder, error }) => [folder, error.code])).toEqual(['damaged', 'wrong'].map((name) => [join(home, 'models', name), 'MODEL_FILE_CORRUPT']));
});

describe('remove', () => {
  /** A cache with blobs of 5 bytes, linked from snapshots: name of a file to its blob. */
  async function cacheWith(snapshots: Record<string, Record<string, string>>): Promise<string> {
    const cacheDir = join(home, 'cache');
    const folder = join(cacheDir, 'models--org--name');
    await mkdir(join(folder, 'blobs'), { recursive: true });
    for (const [revision, files] of Object.entries(snapshots)) {
      await mkdir(join(folder, 'snapshots', revision), { recursive: true });
      for (const [path, blob] of Object.entries(files)) {
        await writeFile(join(folder, 'blobs', blob), 'bytes');
        await symlink(join('..', '..', 'blobs', blob), join(folder, 'snapshots', revision, path));
      }
    }
    return cacheDir;
  }

  it('frees the files of the cache that nothing else uses', async () => {
    const cacheDir = await cacheWith({ [commit]: { 'm-Q8_0.gguf': 'blob8', 'README.md': 'readme' } });
    await store.write(model('org/name', 'Q8_0'), {});
    expect(await store.remove('org/name', { cacheDir })).toEqual({ freedBytes: 5, kept: [] });
    expect(await readdir(join(cacheDir, 'models--org--name', 'blobs'))).toEqual(['readme']);
    expect(await readdir(join(home, 'models'))).toEqual([]);
  });

  it('finishes the removal of a process that was killed in it', async () => {
    const cacheDir = await cacheWith({ [commit]: { 'm-Q8_0.gguf': 'blob8', 'm-Q4_K_M.gguf': 'blob4' } });
    const { folder } = await store.write(model('org/name', 'Q8_0'), {});
    await store.write(model('org/name', 'Q4_K_M'), {});
    await rename(folder, join(home, 'models', '.removed-1')); // as far as it came
    await store.remove('org/name:Q4_K_M', { cacheDir });
    expect(await readdir(join(home, 'models'))).toEqual([]);
    expect(await readdir(cacheDir)).toEqual([]);
  });

  it('frees the blob of a file whose name a killed process took away', async () => {
    const hash = 'f'.repeat(40);
    const cacheDir = await cacheWith({ [commit]: { 'm-Q8_0.gguf': hash } });
    await store.write(model('org/name', 'Q8_0', { files: [{ path: 'm-Q8_0.gguf', sizeBytes: 5, gitSha1: hash }] }), {});
    await rm(join(cacheDir, 'models--org--name', 'snapshots', commit, 'm-Q8_0.gguf'));
    expect(await store.remove('org/name', { cacheDir })).toEqual({ freedBytes: 5, kept: [] });
    expect(await readdir(cacheDir)).toEqual([]);
  });

  it('frees a replaced commit once another is in its place, also when the process that replaced it was killed', async () => {
    const next = 'e'.repeat(40);
    const cacheDir = await cacheWith({ [commit]: { 'm-Q8_0.gguf': 'blob8' }, [next]: { 'm-Q8_0.gguf': 'newer' } });
    const former = await store.write(model('org/name', 'Q8_0'), {});
    await store.willReplace(former); // killed here: the former one is still the one that is installed
    expect(await new ModelStore(home).finishRemovals(cacheDir)).toBe(0);
    await store.write(model('org/name', 'Q8_0', { revision: next }), {}); // killed here: nobody took the former one away
    expect(await new ModelStore(home).finishRemovals(cacheDir)).toBe(5);
    expect(await readdir(join(cacheDir, 'models--org--name', 'snapshots'))).toEqual([next]);
    expect(await readdir(join(home, 'models'))).toEqual(['org--name']);
  });

  it('keeps what another snapshot or another installed model uses', async () => {
    const cacheDir = await cacheWith({ [commit]: { 'm-Q8_0.gguf': 'blob8', 'config.json': 'config' }, ['d'.repeat(40)]: { 'm-Q8_0.gguf': 'blob8' } });
    const config = { path: 'config.json', sizeBytes: 5 };
    const first = model('org/name', 'Q8_0');
    await store.write({ ...first, files: [...first.files, config] }, {});
    await store.write(model('org/name', 'Q4_K_M', { files: [config] }), {});
    const { freedBytes, kept } = await store.remove('org/name:Q8_0', { cacheDir });
    expect(freedBytes).toBe(0);
    expect(kept.map((path) => path.split('/').at(-1)).sort()).toEqual(['blob8', 'config.json']);
    expect((await store.get('org/name')).info.quantization).toBe('Q4_K_M');
  });

  it("never touches a local model's own files, nor paths that lead out of the snapshot", async () => {
    const own = join(home, 'own.gguf');
    await writeFile(own, 'bytes');
    await store.write(model('local/own', 'Q8_0', { source: 'file', path: home }), {});
    expect(await store.remove('local/own', { cacheDir: home })).toEqual({ freedBytes: 0, kept: [home] });
    const cacheDir = await cacheWith({ [commit]: {} });
    await store.write(model('org/name', 'Q8_0', { files: [{ path: '../../../../own.gguf', sizeBytes: 5 }] }), {});
    await store.remove('org/name', { cacheDir });
    await access(own);
  });
});

it.each([
  ['org/name', 'org--name'], ['gpt2', 'gpt2'], ['local/my model (1)', 'local--my-model-1'], ['../../x', 'x'], ['con', '_con'], ['ü', 'u'], ['日本', 'model'],
])('names the folder of %s', (id, folder) => {
  expect(folderName(id)).toBe(folder);
});
