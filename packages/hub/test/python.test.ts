import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelInfo } from '@llmi/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { download, inspect, type HubSettings, type InstalledModel } from '../src/index.js';
import { freeCache } from '../src/store/free-cache.js';
import { Hubd, hubdIsHere, randomBytes } from './helpers/hubd.js';

/** An interpreter that has huggingface_hub. */
const python = process.env['PYTHON'] ?? 'python3';
const pythonIsHere = spawnSync(python, ['-c', 'import huggingface_hub']).status === 0;
const id = 'org/model';
const large = randomBytes(3 << 20);

/** One cache for both: what the one has fetched, the other finds. */
describe.skipIf(!hubdIsHere || !pythonIsHere)("Python's huggingface_hub and the cache", () => {
  let hub: Hubd;
  let settings: HubSettings;
  let info: ModelInfo;
  beforeAll(async () => {
    hub = await Hubd.start();
    await hub.put(id, {
      'config.json': '{"model_type": "bert"}', 'onnx/model.onnx': large, 'empty.txt': '',
      '.hub.json': '{"revisions": {"refs/tags/v1": ".hub/v1"}}', '.hub/v1/config.json': '{"model_type": "gpt2"}',
    });
  });
  afterAll(() => hub?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    await hub.faults();
    settings = { endpoint: hub.url, cacheDir: await mkdtemp(join(tmpdir(), 'llmi-cache-')), timeoutMs: 3000 };
    info = { ...(await inspect({ kind: 'hub', id }, settings)), chosenFiles: ['config.json', 'onnx/model.onnx', 'empty.txt'] };
    await hub.faults();
  });

  function run(code: string, more: NodeJS.ProcessEnv = {}): string {
    const env = { ...process.env, HF_ENDPOINT: hub.url, HF_HUB_CACHE: settings.cacheDir, HF_HUB_DISABLE_PROGRESS_BARS: '1', HF_HUB_DISABLE_TELEMETRY: '1', ...more };
    const { status, stdout, stderr } = spawnSync(python, ['-c', `from huggingface_hub import *\n${code}`], { env, encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    return stdout.trim().split('\n').at(-1)!;
  }
  /** What came over the wire of the file contents. */
  const content = async () => (await hub.contentRequests()).filter(({ sent }) => sent > 0);

  it('finds what llmi has fetched: online, offline, by branch and by commit', async () => {
    const folder = await download(info, settings);
    await hub.faults();
    expect(run(`print(snapshot_download("${id}", allow_patterns=["*.json", "onnx/*", "empty.txt"]))`)).toBe(folder);
    expect(await content()).toEqual([]);
    expect(run(`print(hf_hub_download("${id}", "onnx/model.onnx"))`, { HF_HUB_OFFLINE: '1' })).toBe(join(folder, 'onnx', 'model.onnx'));
    expect(run(`print(snapshot_download("${id}", revision="${info.revision}", allow_patterns=["*.json", "onnx/*"], local_files_only=True))`)).toBe(folder);
    expect(run(`print(try_to_load_from_cache("${id}", "config.json"))`)).toBe(join(folder, 'config.json'));
  });

  it('finds a tag that llmi has fetched', async () => {
    const tagged = await inspect({ kind: 'hub', id, revision: 'v1' }, settings);
    const folder = await download({ ...tagged, chosenFiles: ['config.json'] }, settings);
    expect(run(`print(hf_hub_download("${id}", "config.json", revision="v1"))`, { HF_HUB_OFFLINE: '1' })).toBe(join(folder, 'config.json'));
  });

  it('has fetched: llmi fetches nothing of it again, and finds it offline', async () => {
    const folder = run(`print(snapshot_download("${id}"))`);
    await hub.faults();
    expect(await download(info, settings)).toBe(folder);
    expect(await content()).toEqual([]);
    expect(await download(info, settings, { verify: true })).toBe(folder);
    expect(await content()).toEqual([]);
    const offline = await inspect({ kind: 'hub', id }, { ...settings, offline: true });
    expect(await download({ ...offline, chosenFiles: info.chosenFiles }, { ...settings, offline: true })).toBe(folder);
  });

  it('has fetched without links: llmi uses the files where they are', async () => {
    const folder = run(`from huggingface_hub import file_download\nfile_download.are_symlinks_supported = lambda *_: False\nprint(snapshot_download("${id}"))`);
    await hub.faults();
    expect(await download(info, settings)).toBe(folder);
    expect(await content()).toEqual([]);
    expect((await readFile(join(folder, 'onnx', 'model.onnx'))).equals(large)).toBe(true);
  });

  it('at the same time: both end with the right file', async () => {
    await hub.faults({ kind: 'slow', rate: 2_000_000, on: 'cdn' });
    const mine = download(info, settings);
    const theirs = new Promise((resolve) => setTimeout(() => resolve(run(`print(snapshot_download("${id}"))`)), 50));
    expect(await mine).toBe(await theirs);
    expect((await readFile(join(await mine, 'onnx', 'model.onnx'))).equals(large)).toBe(true);
  });

  const scan = 'scan = scan_cache_dir()\nprint(len(scan.warnings), [(r.repo_id, sorted(r.refs), r.nb_files) for r in scan.repos])';
  it('takes the cache for sound: while llmi downloads, after it, and after it has removed the model', async () => {
    await download(info, settings);
    expect(run(scan)).toBe(`0 [('${id}', ['main'], 3)]`);
    const files = info.files.filter(({ path }) => info.chosenFiles.includes(path));
    const tagged = await inspect({ kind: 'hub', id, revision: 'v1' }, settings);
    await download({ ...tagged, chosenFiles: ['config.json'] }, settings);
    await freeCache({ id, revision: info.revision, files } as InstalledModel, [], settings.cacheDir);
    expect(run(scan)).toBe(`0 [('${id}', ['v1'], 1)]`);
    await freeCache({ id, revision: tagged.revision, files: tagged.files } as InstalledModel, [], settings.cacheDir);
    expect(run(scan)).toBe('0 []');
    expect((await readdir(settings.cacheDir)).filter((name) => name.startsWith('models--'))).toEqual([]);
  });
});
