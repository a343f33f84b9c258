import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelInfo } from '@llmi/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { download, inspect, type HubSettings } from '../src/index.js';
import { Hubd, hubdIsHere, randomBytes, sentRange } from './helpers/hubd.js';

const id = 'org/model';
const large = randomBytes(12 << 20);
const config = '{"model_type": "bert"}';

/** What goes wrong on the way; afterwards another run completes, and fetches nothing again that was good. */
describe.skipIf(!hubdIsHere)('faults of the hub', () => {
  let hub: Hubd;
  let settings: HubSettings;
  let info: ModelInfo;
  beforeAll(async () => {
    hub = await Hubd.start();
    await hub.put(id, { 'config.json': config, 'model.onnx': large, 'empty.txt': '' });
  });
  afterAll(() => hub?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    await hub.faults();
    settings = { endpoint: hub.url, cacheDir: await mkdtemp(join(tmpdir(), 'llmi-cache-')), timeoutMs: 1500 };
    info = { ...(await inspect({ kind: 'hub', id }, settings)), chosenFiles: ['config.json', 'model.onnx', 'empty.txt'] };
  });

  const blobs = () => readdirSync(join(settings.cacheDir, 'models--org--model', 'blobs'));
  const sentBytes = async () => (await hub.contentRequests(`${id}/model.onnx`)).reduce((sum, { sent }) => sum + sent, 0);
  async function completes(): Promise<void> {
    const folder = await download(info, settings);
    expect(readFileSync(join(folder, 'model.onnx')).equals(large)).toBe(true);
    expect(readFileSync(join(folder, 'config.json'), 'utf8')).toBe(config);
    expect(readFileSync(join(folder, 'empty.txt'), 'utf8')).toBe('');
    expect(blobs().filter((name) => name.includes('llmi'))).toEqual([]);
  }

  /** What a run that failed has left is used by the next: `sent` of both together is the file, and a little that was on its way. */
  async function failsThenCompletes(code: string, ...rules: object[]): Promise<void> {
    await hub.faults(...rules);
    await expect(download(info, settings)).rejects.toMatchObject({ code, hint: expect.any(String) });
    expect(existsSync(join(settings.cacheDir, 'models--org--model', 'snapshots'))).toBe(false);
    const journal = blobs().find((name) => name.endsWith('.parts'));
    const had = journal === undefined ? [] : readFileSync(join(settings.cacheDir, 'models--org--model', 'blobs', journal), 'utf8').trim().split('\n').map((line) => line.split(' ').map(Number));
    const isDone = blobs().some((name) => /^[0-9a-f]{64}$/.test(name));
    const bytes = isDone ? large.length : had.reduce((sum, [from, to]) => sum + to! - from!, 0);
    await hub.faults();
    await completes();
    expect(await sentBytes()).toBe(large.length - bytes);
  }

  it.each<[string, object]>([
    ['cuts after some bytes', { kind: 'cut', bytes: 700_000, on: 'cdn', times: 6 }],
    ['a cut at the first byte', { kind: 'cut', bytes: 0, on: 'cdn', times: 3 }],
    ['silence before the answer', { kind: 'stall', seconds: 20, on: 'cdn', times: 2 }],
    ['silence in the middle', { kind: 'stall', seconds: 20, after: 500_000, on: 'cdn', times: 2 }],
    ['status 429 with Retry-After', { kind: 'status', status: 429, retry_after: 1, times: 3 }],
    ['status 500', { kind: 'status', status: 500, times: 3 }],
    ['status 503', { kind: 'status', status: 503, retry_after: 1, times: 3 }],
    ['expired addresses', { kind: 'expired', times: 3 }],
    ['a length that is too long', { kind: 'length', delta: 1000, on: 'cdn', times: 2 }],
    ['a length that is too short', { kind: 'length', delta: -1000, on: 'cdn', times: 2 }],
    ['redirects of small files to another host', { kind: 'redirect' }],
    ['a slow line', { kind: 'slow', rate: 3_000_000 }],
  ])('%s: completes in one run, and nothing that came is fetched again', async (_, fault) => {
    await hub.faults(fault);
    await completes();
    const sent = (await hub.contentRequests(`${id}/model.onnx`)).map(sentRange).sort((left, right) => left.from - right.from);
    const overlap = sent.reduce((sum, { to }, index) => sum + Math.max(0, to - (sent[index + 1]?.from ?? to)), 0);
    expect(overlap).toBeLessThan(2 << 20); // what was in the wires of a cut connection
  });

  it('ignored ranges: takes the whole, also in the middle, and holds no part twice', async () => {
    await hub.faults({ kind: 'norange' });
    await completes();
    expect(await sentBytes()).toBe(large.length);
  });

  it('waits as long as Retry-After says', async () => {
    await hub.faults({ kind: 'status', status: 429, retry_after: 2, on: 'cdn', times: 1 });
    const started = performance.now();
    await completes();
    expect(performance.now() - started).toBeGreaterThanOrEqual(1900);
  });

  it('tells a long wait instead of waiting', async () => {
    await failsThenCompletes('HUB_REFUSED', { kind: 'status', status: 429, retry_after: 3600, on: 'cdn', skip: 1 });
  });

  it('a server that stays out of order', { timeout: 120_000 }, () => failsThenCompletes('HUB_UNREACHABLE', { kind: 'status', status: 503, on: 'cdn', skip: 1 }));

  it('a connection that is cut again and again without progress', { timeout: 120_000 }, () =>
    failsThenCompletes('HUB_UNREACHABLE', { kind: 'cut', bytes: 10, on: 'cdn', skip: 1 }));

  it('one wrong byte, once: fetched again', async () => {
    await hub.faults({ kind: 'corrupt', on: 'cdn', times: 1, at: 100 });
    await completes();
  });

  it('a wrong byte always: refused, nothing published, nothing kept', async () => {
    await failsThenCompletes('DOWNLOAD_CORRUPT', { kind: 'corrupt', on: 'cdn' });
  });

  it('a wrong byte in a small file always: refused', async () => {
    await failsThenCompletes('DOWNLOAD_CORRUPT', { kind: 'corrupt', match: `${id}/config.json` });
  });

  it.each([true, false])('content that changes on the way (under the same address: %s): refused, and the next look takes the new content', async (inPlace) => {
    await hub.faults({ kind: 'change', match: `${id}/model.onnx`, after: 1, in_place: inPlace }, { kind: 'cut', bytes: 2_000_000, on: 'cdn', times: 1 }, ...(inPlace ? [] : [{ kind: 'expired', skip: 1, times: 8 }]));
    await expect(download(info, settings)).rejects.toMatchObject({ code: expect.stringMatching(/^(DOWNLOAD_CORRUPT|MODEL_NOT_FOUND|MODEL_FILE_MISSING)$/), hint: expect.stringMatching(/again/) });
    expect(blobs().some((name) => /^[0-9a-f]{64}$/.test(name))).toBe(false);
    await hub.faults({ kind: 'change', match: `${id}/model.onnx`, after: 0 });
    const changed = { ...(await inspect({ kind: 'hub', id }, settings)), chosenFiles: ['config.json', 'model.onnx'] };
    expect(changed.revision).not.toBe(info.revision);
    const now = readFileSync(join(await download(changed, settings), 'model.onnx'));
    expect(now.length).toBe(large.length);
    expect(now.equals(large)).toBe(false);
  });

  it('fetches parts of one file and several files at the same time', async () => {
    await hub.put(id, { 'second.onnx': randomBytes(6 << 20, 3) });
    const facts = await inspect({ kind: 'hub', id }, settings);
    await hub.faults({ kind: 'slow', rate: 2_000_000, on: 'cdn' });
    await download({ ...facts, chosenFiles: ['model.onnx', 'second.onnx'] }, settings);
    const spans = (await hub.contentRequests()).filter(({ server }) => server === 'cdn').map(({ file, time, seconds }) => ({ file, from: time, to: time + (seconds ?? Infinity) }));
    const atOnce = (of: string[]) => Math.max(...spans.map(({ from }) => spans.filter((other) => of.includes(other.file!) && other.from <= from && from < other.to).length));
    expect(atOnce([`${id}/model.onnx`])).toBeGreaterThanOrEqual(2);
    expect(spans.some(({ file, from, to }) => spans.some((other) => other.file !== file && other.from < to && from < other.to))).toBe(true);
    expect(atOnce([`${id}/model.onnx`, `${id}/second.onnx`])).toBeLessThanOrEqual(8);
  });

  it('keeps to the bandwidth it is given, over all files and connections', async () => {
    const started = performance.now();
    await download(info, { ...settings, maxBytesPerSecond: 6 << 20 });
    expect(performance.now() - started).toBeGreaterThan(1900); // 12 MiB
  });

  it('a repository in the xet format', async () => {
    await hub.put('org/xet', { '.hub.json': '{"xet": true}', 'config.json': config, 'model.onnx': large });
    const xet = { ...(await inspect({ kind: 'hub', id: 'org/xet' }, settings)), chosenFiles: ['config.json', 'model.onnx'] };
    expect(readFileSync(join(await download(xet, settings), 'model.onnx')).equals(large)).toBe(true);
  });

  it.each([
    ['../../evil.json'], ['/etc/evil.json'], ['onnx/../../evil.onnx'], ['NUL.json'], ['con/config.json'], [`${'x'.repeat(256)}.json`], ['a\\..\\evil.json'], ['evil\u0000.json'], ['C:/evil.json'],
  ])('a listing that names %s: refused by name, nothing written', async (path) => {
    await hub.faults({ kind: 'entries', match: id, entries: [{ path }] });
    await expect(inspect({ kind: 'hub', id }, settings)).rejects.toMatchObject({ code: 'MODEL_FILE_REFUSED' });
    const listed = { ...info, files: [...info.files, { path, sizeBytes: 9, gitSha1: 'a'.repeat(40) }], chosenFiles: ['config.json', path] };
    await expect(download(listed, settings)).rejects.toMatchObject({ code: 'MODEL_FILE_REFUSED' });
    expect(readdirSync(settings.cacheDir)).toEqual([]);
  });

  it('names that differ in case only: refused when both are chosen', async () => {
    await hub.faults({ kind: 'entries', match: id, entries: [{ path: 'CONFIG.json' }] });
    const facts = await inspect({ kind: 'hub', id }, settings).catch((error: unknown) => error as { code: string });
    if ('code' in facts) expect(facts.code).toBe('MODEL_FILE_REFUSED');
    else await expect(download({ ...facts, chosenFiles: ['config.json', 'CONFIG.json'] }, settings)).rejects.toMatchObject({ code: 'MODEL_FILE_REFUSED' });
    expect(readdirSync(settings.cacheDir)).toEqual([]);
  });
});
