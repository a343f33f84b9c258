import { statSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelInfo } from '@llmi/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chooseFiles, download, inspect, type DownloadProgress, type HubSettings } from '../src/index.js';
import { sampledSum } from '../src/download/sampled-sum.js';
import { gitSha1, LoopbackHub, sha256 } from '@llmi/handler-testkit/hub';

/** 10 MiB that are nowhere the same, so that a part in the wrong place is noticed. */
const large = Buffer.alloc(10 << 20);
for (let at = 0, value = 1; at < large.length; at += 4) large.writeUInt32LE((value = (value * 1_664_525 + 1_013_904_223) >>> 0), at);
const id = 'org/model';

let hub: LoopbackHub;
let settings: HubSettings;
let info: ModelInfo;
beforeAll(async () => {
  hub = await LoopbackHub.start({ [id]: { files: { 'config.json': '{"model_type": "bert"}', 'merges.txt': '', 'onnx/model.onnx': large, 'README.md': 'not chosen' } } });
});
afterAll(() => hub[Symbol.asyncDispose]());
beforeEach(async () => {
  hub.fault = () => undefined;
  hub.token = 'hf_secret';
  settings = { endpoint: hub.url, cacheDir: await mkdtemp(join(tmpdir(), 'llmi-cache-')), timeoutMs: 2000, token: 'hf_secret' };
  const facts = await inspect({ kind: 'hub', id }, settings);
  info = { ...facts, chosenFiles: chooseFiles(facts, { formats: ['onnx'] }).files };
  hub.requests.length = 0;
});

const repository = () => join(settings.cacheDir, 'models--org--model');
const quarantine = () => join(repository(), 'blobs', `${sha256(large)}.llmi.incomplete`);
const journal = () => `${quarantine()}.parts`;
const fromCdn = () => hub.requests.filter(({ server }) => server === 'cdn');
const recordBytes = 256 * 1024;
/** What an earlier, killed run has left: a partial file, and the journal of those of its `parts` that are said to be good. */
async function leave(bytes: Buffer, parts: readonly (readonly [number, number])[] = [[0, bytes.length]]): Promise<void> {
  await mkdir(join(repository(), 'blobs'), { recursive: true });
  await writeFile(quarantine(), bytes);
  const records: string[] = [];
  for (const [from, to] of parts) {
    for (let at = from; at < to; at += recordBytes) {
      const end = Math.min(to, at + recordBytes);
      records.push(`${at} ${end} ${sampledSum(large.subarray(at, end), at).toString(16)}\n`);
    }
  }
  await writeFile(journal(), records.join(''));
}
const partOf = (range: string | undefined) => {
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? [];
  return { from: Number(from), to: Number(to) + 1 };
};
const firstByte = (range: string | undefined) => partOf(range).from;
/** Bytes of the large file that were asked for, each time counted. */
const askedBytes = () => fromCdn().map(({ range }) => partOf(range)).reduce((sum, { from, to }) => sum + to - from, 0);
const content = async (folder: string) => readFile(join(folder, 'onnx', 'model.onnx'));

describe('the cache', () => {
  it('is laid out as Python does: blobs by hash, relative links, the branch', async () => {
    const folder = await download(info, settings);
    expect(folder).toBe(join(repository(), 'snapshots', info.revision!));
    expect((await readdir(folder, { recursive: true })).sort()).toEqual(['config.json', 'merges.txt', 'onnx', 'onnx/model.onnx']);
    expect(await readlink(join(folder, 'onnx', 'model.onnx'))).toBe(join('..', '..', '..', 'blobs', sha256(large)));
    expect(await readlink(join(folder, 'config.json'))).toBe(join('..', '..', 'blobs', gitSha1(hub.content(id, 'config.json'))));
    expect((await readFile(join(folder, 'onnx', 'model.onnx'))).equals(large)).toBe(true);
    expect(await readFile(join(repository(), 'refs', 'main'), 'utf8')).toBe(info.revision);
    expect((await readdir(join(repository(), 'blobs'))).filter((name) => name.includes('incomplete'))).toEqual([]);
  });

  it('is not fetched a second time', async () => {
    const folder = await download(info, settings);
    hub.requests.length = 0;
    expect(await download(info, settings)).toBe(folder);
    expect(hub.requests).toEqual([]);
  });

  it('is filled once by two installs at the same time', async () => {
    await Promise.all([download(info, settings), download(info, settings)]);
    const starts = fromCdn().map(({ range }) => firstByte(range));
    expect(new Set(starts).size).toBe(starts.length);
  });
});

describe('the token', () => {
  it('reaches the hub and never the CDN', async () => {
    await download(info, settings);
    expect(hub.requests.filter(({ server }) => server === 'hub').every(({ authorization }) => authorization === 'Bearer hf_secret')).toBe(true);
    expect(fromCdn().length).toBeGreaterThan(1); // ranges of the large file
    expect(fromCdn().filter(({ authorization }) => authorization !== undefined)).toEqual([]);
  });
});

describe('going on after a kill', () => {
  it.each([0, 1, 65_537, 5 << 20, large.length - 1, large.length])('fetches what is missing when the first %i bytes are there', async (length) => {
    await leave(large.subarray(0, length));
    expect((await content(await download(info, settings))).equals(large)).toBe(true);
    expect(askedBytes()).toBe(large.length - length);
    expect((await readdir(join(repository(), 'blobs'))).filter((name) => name.includes('llmi'))).toEqual([]);
  });

  it('fetches the gaps and nothing else', async () => {
    await leave(large, [[0, 1 << 20], [3 << 20, 4_000_000], [9 << 20, large.length]]);
    expect((await content(await download(info, settings))).equals(large)).toBe(true);
    expect(fromCdn().map(({ range }) => partOf(range))).toEqual([{ from: 1 << 20, to: 3 << 20 }, { from: 4_000_000, to: 9 << 20 }]);
  });

  it('finds the part that a power cut has taken from the disk, and fetches it alone', async () => {
    const damaged = Buffer.from(large);
    damaged.fill(0, 5 << 20, (5 << 20) + 4096);
    await leave(damaged);
    expect((await content(await download(info, settings))).equals(large)).toBe(true);
    expect(fromCdn().map(({ range }) => partOf(range))).toEqual([{ from: 5 << 20, to: (5 << 20) + recordBytes }]);
  });

  it('does not believe a journal that knows more than the file has, or that was cut off in a line', async () => {
    await leave(large.subarray(0, 2 << 20), [[0, 4 << 20]]);
    await appendFile(journal(), '9000000 92');
    expect((await content(await download(info, settings))).equals(large)).toBe(true);
    expect(askedBytes()).toBe(large.length - (2 << 20));
  });

  it('notices that what was left is not the file, and starts anew once', async () => {
    for (const wrong of [Buffer.alloc(1 << 20), Buffer.alloc(large.length + 5), Buffer.alloc(large.length)]) {
      await leave(wrong);
      const text = await readFile(journal(), 'utf8');
      const sums = (line: string) => {
        const [from, to] = line.split(' ').map(Number);
        return `${from} ${to} ${sampledSum(wrong.subarray(from, to), from!).toString(16)}`;
      };
      await writeFile(journal(), `${text.trim().split('\n').map(sums).join('\n')}\n`);
      expect((await content(await download(info, settings))).equals(large)).toBe(true);
      settings.cacheDir = await mkdtemp(join(tmpdir(), 'llmi-cache-'));
    }
  });

  it('keeps what came when it is stopped, and rejects with the reason', async () => {
    const stop = new AbortController();
    const reason = new Error('Ctrl-C');
    hub.fault = ({ server, range }) => {
      if (server !== 'cdn' || partOf(range).to < large.length) return undefined; // the last part does not come
      const written = (statSync(quarantine(), { throwIfNoEntry: false })?.blocks ?? 0) * 512;
      if (written >= firstByte(range)) stop.abort(reason); // at one of the tries that follow
      return { cutAfter: 0 };
    };
    await expect(download(info, settings, { signal: stop.signal })).rejects.toBe(reason);
    expect(await readdir(join(settings.cacheDir, '.locks', 'models--org--model'))).toEqual([]);
    const last = fromCdn().map(({ range }) => partOf(range)).find(({ to }) => to === large.length)!;
    hub.fault = () => undefined;
    hub.requests.length = 0;
    await download(info, settings);
    expect(askedBytes()).toBe(large.length - last.from);
  });
});

describe('faults on the way', () => {
  const whole = async () => expect((await readFile(join(await download(info, settings), 'onnx', 'model.onnx'))).equals(large)).toBe(true);

  it('goes on after a cut connection', async () => {
    let cuts = 3;
    hub.fault = ({ server }) => (server === 'cdn' && cuts-- > 0 ? { cutAfter: 200_000 } : undefined);
    await whole();
  });

  it('asks again for an address that has expired', async () => {
    let expired = 2;
    hub.fault = ({ server, range }) => (server === 'cdn' && firstByte(range) > 0 && expired-- > 0 ? { status: 403 } : undefined);
    await whole();
  });

  it('works with a server that ignores ranges, also from the middle', async () => {
    hub.fault = ({ server }) => (server === 'cdn' ? { ignoreRange: true } : undefined);
    await leave(large, [[0, 1_000_000], [2_000_000, 3_000_001]]);
    await whole();
    expect(fromCdn().map(({ range }) => range)).toEqual(['bytes=1000000-1999999']);
  });

  it('fetches wrong bytes once more, then says so and leaves none of them', async () => {
    const wrong = Buffer.from(large);
    wrong[7_000_000]! ^= 1;
    let times = 1;
    hub.fault = ({ server, range }) => (server === 'cdn' && firstByte(range) === 0 && times-- > 0 ? { body: Buffer.alloc(large.length) } : undefined);
    await whole();
    settings.cacheDir = await mkdtemp(join(tmpdir(), 'llmi-cache-'));
    hub.fault = ({ server }) => (server === 'cdn' ? { body: wrong } : undefined);
    await expect(download(info, settings)).rejects.toMatchObject({ code: 'DOWNLOAD_CORRUPT', message: expect.stringContaining('onnx/model.onnx') });
    expect((await readdir(join(repository(), 'blobs'))).filter((name) => name.startsWith(sha256(large)))).toEqual([]);
    await expect(stat(join(repository(), 'snapshots'))).rejects.toThrow();
  });

  it('says that the disk is too small, before a byte is fetched', async () => {
    const huge = { ...info, files: info.files.map((file) => ({ ...file, sizeBytes: 1e17 })) };
    await expect(download(huge, settings)).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(hub.requests).toEqual([]);
  });
});

it('reports bytes that add up, to the end', async () => {
  const events: DownloadProgress[] = [];
  await leave(large.subarray(0, 1 << 20));
  await download(info, settings, { onProgress: (event) => events.push(event) });
  const total = large.length + hub.content(id, 'config.json').length;
  expect(events.at(-1)).toMatchObject({ bytes: total, totalBytes: total, secondsLeft: 0 });
  for (const [index, event] of events.entries()) expect(event.bytes).toBeGreaterThanOrEqual(events[index - 1]?.bytes ?? 0);
  expect(events.some(({ file, fileTotalBytes }) => file === 'onnx/model.onnx' && fileTotalBytes === large.length)).toBe(true);
});

it('refuses facts that were made up: a path that leads out, a local model, nothing chosen', async () => {
  const evil = { path: '../../evil', sizeBytes: 1, gitSha1: 'a'.repeat(40) };
  await expect(download({ ...info, files: [evil], chosenFiles: [evil.path] }, settings)).rejects.toMatchObject({ code: 'MODEL_FILE_REFUSED' });
  await expect(download({ ...info, source: 'folder' }, settings)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  await expect(download({ ...info, chosenFiles: [] }, settings)).rejects.toMatchObject({ code: 'FILE_CHOICE_EMPTY' });
  await expect(download({ ...info, chosenFiles: ['no'] }, settings)).rejects.toMatchObject({ code: 'MODEL_FILE_MISSING' });
});

it('brings a repository of 1,000 files, and does not ask for one of them again', async () => {
  const files = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`part-${index % 10}/data-${index}.json`, JSON.stringify({ index })]));
  await using many = await LoopbackHub.start({ 'org/many': { files } });
  const there = { ...settings, endpoint: many.url, token: undefined };
  const facts = await inspect({ kind: 'hub', id: 'org/many' }, there);
  const all = { ...facts, chosenFiles: Object.keys(files) };
  const folder = await download(all, there);
  for (const [path, text] of Object.entries(files)) expect(await readFile(join(folder, path), 'utf8')).toBe(text);
  many.requests.length = 0;
  await download(all, there);
  expect(many.requests).toEqual([]);
});
