import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ModelInfo } from '@llmi/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { download, inspect, type HubSettings, type InstalledModel } from '../src/index.js';
import { freeCache } from '../src/store/free-cache.js';
import { LoopbackHub, sha256 } from '@llmi/handler-testkit/hub';

const links = vi.hoisted(() => ({ symbolic: true, hard: true }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const denied = () => Promise.reject(Object.assign(new Error('operation not permitted'), { code: 'EPERM' }));
  return { ...real, symlink: (...args: Parameters<typeof real.symlink>) => (links.symbolic ? real.symlink(...args) : denied()), link: (...args: Parameters<typeof real.link>) => (links.hard ? real.link(...args) : denied()) };
});

const id = 'org/model';
const weights = Buffer.alloc(3 << 20, 'weights ');
const config = '{"model_type": "bert"}';
let hub: LoopbackHub;
let settings: HubSettings;
let info: ModelInfo;
beforeAll(async () => {
  hub = await LoopbackHub.start({ [id]: { files: { 'config.json': config, 'onnx/model.onnx': weights } } });
});
afterAll(() => hub[Symbol.asyncDispose]());
beforeEach(async () => {
  Object.assign(links, { symbolic: true, hard: true });
  settings = { endpoint: hub.url, cacheDir: await mkdtemp(join(tmpdir(), 'llmi-cache-')), timeoutMs: 2000 };
  info = { ...(await inspect({ kind: 'hub', id }, settings)), chosenFiles: ['config.json', 'onnx/model.onnx'] };
  hub.requests.length = 0;
});

const repository = () => join(settings.cacheDir, 'models--org--model');
const blob = () => join(repository(), 'blobs', sha256(weights));
const shown = () => join(repository(), 'snapshots', info.revision!, 'onnx', 'model.onnx');
const secret = async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'llmi-outside-')), 'secret');
  await writeFile(path, Buffer.alloc(weights.length, 'secret '));
  return path;
};
async function put(path: string, content: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

describe('links in the cache that lead out', () => {
  it('a file of a snapshot: put right, though the size fits', async () => {
    const outside = await secret();
    await mkdir(dirname(shown()), { recursive: true });
    await symlink(outside, shown());
    await expect(download(info, { ...settings, offline: true })).rejects.toMatchObject({ code: 'HUB_OFFLINE' });
    await download(info, settings);
    expect(await realpath(shown())).toBe(await realpath(blob()));
    expect((await readFile(outside)).subarray(0, 6).toString()).toBe('secret');
  });

  it('a folder of a snapshot: refused, nothing is written behind it', async () => {
    const outside = dirname(await secret());
    await mkdir(dirname(dirname(shown())), { recursive: true });
    await symlink(outside, dirname(shown()));
    await expect(download(info, settings)).rejects.toMatchObject({ code: 'MODEL_FILE_REFUSED', message: expect.stringContaining('onnx/model.onnx') });
    expect(await readdir(outside)).toEqual(['secret']);
  });

  it('a blob: believed only when its hash fits, replaced otherwise', async () => {
    const outside = await secret();
    await mkdir(dirname(blob()), { recursive: true });
    await symlink(outside, blob());
    await download(info, settings);
    expect((await lstat(blob())).isFile()).toBe(true);
    expect((await readFile(shown())).equals(weights)).toBe(true);
    expect((await readFile(outside)).subarray(0, 6).toString()).toBe('secret');

    await rm(blob());
    await writeFile(outside, weights); // somebody keeps large blobs on another disk
    await symlink(outside, blob());
    hub.requests.length = 0;
    await download(info, settings);
    expect(hub.requests).toEqual([]);
  });

  it.each(['.llmi.incomplete', '.llmi.incomplete.parts'])('in the place of quarantine%s: not followed', async (ending) => {
    const outside = await secret();
    await mkdir(dirname(blob()), { recursive: true });
    await symlink(outside, `${blob()}${ending}`);
    await download(info, settings);
    expect((await readFile(shown())).equals(weights)).toBe(true);
    expect((await readFile(outside)).equals(Buffer.alloc(weights.length, 'secret '))).toBe(true);
  });
});

describe('what is there already', () => {
  it('with the right size and wrong bytes: found by verify, and that file alone is fetched', async () => {
    await download(info, settings);
    const damaged = Buffer.from(weights);
    damaged[1_000_000]! ^= 1;
    await writeFile(blob(), damaged);
    hub.requests.length = 0;
    await download(info, settings, { verify: true });
    expect((await readFile(shown())).equals(weights)).toBe(true);
    expect(hub.requests.filter(({ file }) => file === 'config.json')).toEqual([]);
    expect(hub.requests.some(({ file }) => file === 'onnx/model.onnx')).toBe(true);
    hub.requests.length = 0;
    await download(info, settings, { verify: true });
    expect(hub.requests).toEqual([]);
  });

  it('with the wrong size: fetched', async () => {
    await put(blob(), weights.subarray(0, 1000));
    await download(info, settings);
    expect((await readFile(shown())).equals(weights)).toBe(true);
  });

  it('as a plain file of the snapshot, as Python keeps it where links are not allowed: used', async () => {
    await put(shown(), weights);
    await download(info, settings);
    expect(hub.requests.filter(({ file }) => file === 'onnx/model.onnx')).toEqual([]);
    expect((await lstat(shown())).isFile()).toBe(true);
    await put(shown(), weights.subarray(1));
    await download(info, settings);
    expect((await readFile(shown())).equals(weights)).toBe(true);
  });
});

describe('where the system allows no symbolic links', () => {
  it('makes hard links: nothing is stored twice', async () => {
    links.symbolic = false;
    await download(info, settings);
    const [first, second] = await Promise.all([stat(blob()), stat(shown())]);
    expect([first.ino, first.nlink]).toEqual([second.ino, 2]);
  });

  it('moves the file into the snapshot where there are no hard links either, and finds it there', async () => {
    Object.assign(links, { symbolic: false, hard: false });
    await download(info, settings);
    expect((await readFile(shown())).equals(weights)).toBe(true);
    await expect(stat(blob())).rejects.toThrow();
    hub.requests.length = 0;
    await download(info, settings);
    expect(hub.requests).toEqual([]);
    expect(await download(info, { ...settings, offline: true })).toBe(dirname(dirname(shown())));
  });
});

it('makes names that leave no room for an ending', async () => {
  const long = `${'n'.repeat(250)}.json`;
  await using other = await LoopbackHub.start({ 'org/long': { files: { [long]: config } } });
  const there = { ...settings, endpoint: other.url };
  const folder = await download({ ...(await inspect({ kind: 'hub', id: 'org/long' }, there)), chosenFiles: [long] }, there);
  expect(await readlink(join(folder, long))).toContain('blobs');
});

it('frees a model with its branch, its commit, and what was never finished', async () => {
  await download(info, settings);
  await writeFile(`${blob()}.llmi.incomplete`, 'half');
  const files = info.files.filter(({ path }) => info.chosenFiles.includes(path));
  const model = { id, revision: info.revision, files } as InstalledModel;
  expect(await freeCache(model, [], settings.cacheDir)).toEqual({ freedBytes: weights.length + config.length, kept: [] });
  expect((await readdir(settings.cacheDir)).filter((name) => name !== '.locks')).toEqual([]);
});
