import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelInfo } from '@llmi/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inspect, type HubSettings } from '../src/index.js';
import { CompiledSource } from './helpers/compiled-source.js';
import { DownloadProcess } from './helpers/download-process.js';
import { Hubd, hubdIsHere, randomBytes, sentRange } from './helpers/hubd.js';

const id = 'org/model';
const large = randomBytes(40 << 20);
const blockBytes = 4096;
const kills = 20;
const unrecordedBytes = 512 * 1024; // of all connections together: what may be on the disk and not yet in the journal

/** Whole downloads in processes that are killed without a warning. */
describe.skipIf(!hubdIsHere)('a killed process', () => {
  let hub: Hubd;
  let source: CompiledSource;
  let settings: HubSettings;
  let info: ModelInfo;
  beforeAll(async () => {
    source = await CompiledSource.make();
    hub = await Hubd.start();
    await hub.put(id, { 'config.json': '{"model_type": "bert"}', 'model.onnx': large });
  });
  afterAll(async () => {
    await hub?.[Symbol.asyncDispose]();
    await source?.[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await hub.faults();
    settings = { endpoint: hub.url, cacheDir: await mkdtemp(join(tmpdir(), 'llmi-cache-')), timeoutMs: 10_000 };
    info = { ...(await inspect({ kind: 'hub', id }, settings)), chosenFiles: ['config.json', 'model.onnx'] };
  });

  const blobs = () => join(settings.cacheDir, 'models--org--model', 'blobs');

  /** Which blocks of the large file are on the disk as they should be. */
  function goodBlocks(): boolean[] {
    const name = existsSync(blobs()) ? readdirSync(blobs()).find((entry) => entry.endsWith('.llmi.incomplete')) : undefined;
    const partial = name === undefined ? Buffer.alloc(0) : readFileSync(join(blobs(), name));
    return Array.from({ length: large.length / blockBytes }, (_, index) => {
      const [from, to] = [index * blockBytes, (index + 1) * blockBytes];
      return partial.length >= to && partial.compare(large, from, to, from, to) === 0;
    });
  }

  it(`goes on after each of ${kills} kills, fetches no good byte again, and ends with the right file`, { timeout: 300_000 }, async () => {
    let good = goodBlocks();
    let [refetched, killed, before] = [0, 0, 0];
    const count = async () => {
      const spans = (await hub.contentRequests(`${id}/model.onnx`)).map(sentRange);
      const again = good.filter((isGood, index) => isGood && spans.some(({ from, to }) => from < (index + 1) * blockBytes && to > index * blockBytes));
      return again.length * blockBytes;
    };
    for (let seed = 1; killed < kills; seed = (seed * 48_271) % 2_147_483_647) {
      await hub.faults({ kind: 'slow', rate: 600_000, on: 'cdn' });
      const running = new DownloadProcess(source, info, settings);
      await running.reaches(before);
      await new Promise((resolve) => setTimeout(resolve, seed % 400));
      await running.kill();
      expect(await running.ended, 'the kill came too late').toBeUndefined();
      const again = await count();
      refetched += again;
      expect(again).toBeLessThanOrEqual(unrecordedBytes);
      good = goodBlocks();
      before = good.filter(Boolean).length * blockBytes;
      killed++;
    }
    expect(before).toBeGreaterThan(large.length / 10); // the kills came in the middle
    await hub.faults();
    const end = await new DownloadProcess(source, info, settings).ended;
    refetched += await count();
    expect(readFileSync(join(end!.folder!, 'model.onnx')).equals(large)).toBe(true);
    expect(readdirSync(blobs()).filter((name) => name.includes('llmi'))).toEqual([]);
    expect(refetched / kills).toBeLessThan(unrecordedBytes / 4);
  });

  it('leaves its lock to the next one, and what it had goes on', async () => {
    await hub.faults({ kind: 'slow', rate: 400_000, on: 'cdn' });
    const first = new DownloadProcess(source, info, settings);
    await first.reaches(1 << 20);
    await first.kill();
    const locks = join(settings.cacheDir, '.locks', 'models--org--model');
    expect(readdirSync(locks).length).toBe(1);
    await hub.faults();
    expect((await new DownloadProcess(source, info, settings).ended)?.folder).toBeDefined();
    expect(readdirSync(locks)).toEqual([]);
  });

  it('is not missed by a second one, which shares the work and takes over', async () => {
    await hub.put(id, { 'second.onnx': randomBytes(4 << 20, 7) });
    const facts = await inspect({ kind: 'hub', id }, settings);
    const both = { ...facts, chosenFiles: ['model.onnx', 'second.onnx'] };
    await hub.faults({ kind: 'slow', rate: 1_000_000, on: 'cdn' });
    const first = new DownloadProcess(source, both, settings);
    await first.reaches(1 << 20);
    const second = new DownloadProcess(source, both, settings);
    await second.reaches(8 << 20); // what the first one brings is its progress too
    await first.kill();
    const good = goodBlocks();
    const asked = (await hub.contentRequests(`${id}/model.onnx`)).length;
    expect((await second.ended)?.folder).toBeDefined();
    const later = (await hub.contentRequests(`${id}/model.onnx`)).slice(asked).map(sentRange);
    const again = good.filter((isGood, index) => isGood && later.some(({ from, to }) => from < (index + 1) * blockBytes && to > index * blockBytes));
    expect(again.length * blockBytes).toBeLessThanOrEqual(unrecordedBytes);
    expect(readdirSync(blobs()).filter((name) => name.includes('llmi'))).toEqual([]);
  });

  it('two that run to their ends fetch every byte once', async () => {
    await hub.faults({ kind: 'slow', rate: 4_000_000, on: 'cdn' });
    const ends = await Promise.all([1, 2].map(() => new DownloadProcess(source, info, settings).ended));
    expect(ends[0]?.folder).toBeDefined();
    expect(ends[1]?.folder).toBe(ends[0]?.folder);
    const sent = (await hub.contentRequests(`${id}/model.onnx`)).reduce((sum, request) => sum + request.sent, 0);
    expect(sent).toBe(large.length);
  });
});
