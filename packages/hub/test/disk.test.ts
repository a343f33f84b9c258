import { spawnSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelInfo } from '@llmi/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { download, inspect, type HubSettings } from '../src/index.js';
import { Hubd, hubdIsHere, randomBytes } from './helpers/hubd.js';

const diskBytes = 24 << 20;
const large = randomBytes(12 << 20);
const mount = (...args: string[]) => process.platform === 'linux' && spawnSync('mount', args).status === 0;

/** Needs the right to mount a small disk. */
async function mountedDisk(): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'llmi-disk-'));
  return mount('-t', 'tmpfs', '-o', `size=${diskBytes}`, 'tmpfs', folder) ? folder : undefined;
}
const disk = hubdIsHere ? await mountedDisk() : undefined;

describe.skipIf(!hubdIsHere)('disks', () => {
  let hub: Hubd;
  let settings: HubSettings;
  let info: ModelInfo;
  beforeAll(async () => {
    hub = await Hubd.start();
    await hub.put('org/model', { 'config.json': '{"model_type": "bert"}', 'model.onnx': large });
  });
  afterAll(async () => {
    await hub?.[Symbol.asyncDispose]();
    if (disk !== undefined) spawnSync('umount', [disk]);
  });
  beforeEach(async () => {
    await hub.faults();
    settings = { endpoint: hub.url, cacheDir: disk ?? (await mkdtemp(join(tmpdir(), 'llmi-cache-'))), timeoutMs: 3000 };
    info = { ...(await inspect({ kind: 'hub', id: 'org/model' }, settings)), chosenFiles: ['config.json', 'model.onnx'] };
    await hub.faults();
  });
  afterEach(() => {
    for (const name of disk === undefined ? [] : ['models--org--model', '.locks', 'filler']) rmSync(join(disk!, name), { recursive: true, force: true });
  });

  it.skipIf(disk === undefined)('too small for the model: said before a byte is fetched', async () => {
    await writeFile(join(disk!, 'filler'), Buffer.alloc(16 << 20));
    await expect(download(info, settings)).rejects.toMatchObject({ code: 'DISK_FULL', hint: expect.stringContaining('HF_HOME') });
    expect(await hub.requests()).toEqual([]);
  });

  it.skipIf(disk === undefined)('full in the middle: said, what came is kept, and the next run fetches only the rest', async () => {
    await hub.faults({ kind: 'slow', rate: 2_000_000, on: 'cdn' });
    let filled: Promise<void> | undefined;
    const onProgress = ({ bytes }: { bytes: number }) => {
      if (bytes > 2 << 20) filled ??= writeFile(join(disk!, 'filler'), Buffer.alloc(18 << 20)).catch(() => undefined); // another program
    };
    await expect(download(info, settings, { onProgress })).rejects.toMatchObject({ code: 'DISK_FULL', hint: expect.stringContaining('goes on where it stopped') });
    await filled;
    rmSync(join(disk!, 'filler'));
    const [journal] = (await readdir(join(disk!, 'models--org--model', 'blobs'))).filter((name) => name.endsWith('.parts'));
    const lines = (await readFile(join(disk!, 'models--org--model', 'blobs', journal!), 'utf8')).split('\n').slice(0, -1);
    const had = lines.map((line) => line.split(' ').map(Number)).reduce((sum, [from, to]) => sum + to! - from!, 0);
    expect(had).toBeGreaterThan(1 << 20);
    await hub.faults();
    expect((await readFile(join(await download(info, settings), 'model.onnx'))).equals(large)).toBe(true);
    expect((await hub.contentRequests('org/model/model.onnx')).reduce((sum, { sent }) => sum + sent, 0)).toBe(large.length - had);
  });

  it.skipIf(disk === undefined)('read-only: said with the folder and the way out, nothing is fetched', async () => {
    expect(mount('-o', 'remount,ro', disk!)).toBe(true);
    try {
      await expect(download(info, settings)).rejects.toMatchObject({ code: 'PERMISSION_DENIED', message: expect.stringContaining(disk!), hint: expect.stringContaining('HF_HOME') });
      expect(await hub.contentRequests()).toEqual([]);
    } finally {
      mount('-o', 'remount,rw', disk!);
    }
  });

  it.skipIf(disk === undefined)('read-only with the model in it: used as it is', async () => {
    const folder = await download(info, settings);
    expect(mount('-o', 'remount,ro', disk!)).toBe(true);
    try {
      expect(await download(info, settings)).toBe(folder);
      expect(await download(info, { ...settings, offline: true })).toBe(folder);
    } finally {
      mount('-o', 'remount,rw', disk!);
    }
  });

  it.skipIf(process.getuid?.() === 0)('a home that this user may not write', async () => {
    const home = await mkdtemp(join(tmpdir(), 'llmi-home-'));
    await mkdir(join(home, 'hub'));
    chmodSync(join(home, 'hub'), 0o500);
    await expect(download(info, { ...settings, cacheDir: join(home, 'hub') })).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  });
});
