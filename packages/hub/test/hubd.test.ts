import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ModelInfo } from '@llmi/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chooseFiles, chosenInfo, download, inspect, type HubSettings } from '../src/index.js';
import { tinyGguf } from '@llmi/handler-testkit/gguf';

const shared = process.env['LLMI_SHARED'] ?? resolve(import.meta.dirname, '../../../../shared');
const program = join(shared, 'hub', 'hubd.py');
const fixtures = join(shared, 'fixtures', 'hub');
const isHere = existsSync(program) && existsSync(fixtures) && spawnSync('python3', ['--version']).status === 0;

/** An independent stand-in of the hub, which other clients accept. */
describe.skipIf(!isHere)('against hubd.py', () => {
  let server: ChildProcess;
  let settings: HubSettings;
  let endpoint = '';

  beforeAll(async () => {
    const own = await mkdtemp(join(tmpdir(), 'llmi-hubd-'));
    await mkdir(join(own, 'org', 'gated'), { recursive: true });
    await writeFile(join(own, 'org', 'gated', 'm-Q8_0.gguf'), tinyGguf());
    await writeFile(join(own, 'org', 'gated', '.hub.json'), JSON.stringify({ gated: 'auto', tokens: ['hf_member'], pending: ['hf_waiting'], formerly: ['org/earlier'] }));
    server = spawn('python3', [program, '--root', fixtures, '--root', own, '--page', '4'], { stdio: ['ignore', 'pipe', 'inherit'] });
    endpoint = await new Promise((found) => server.stdout!.on('data', (text: Buffer) => {
      const match = /listening (\S+)/.exec(text.toString());
      if (match) found(match[1]!);
    }));
  });
  afterAll(() => void server?.kill());
  beforeEach(async () => {
    await fetch(`${endpoint}/__hub/reset`, { method: 'POST' });
    settings = { endpoint, cacheDir: await mkdtemp(join(tmpdir(), 'llmi-cache-')), timeoutMs: 3000 };
  });

  const faults = (...rules: object[]) => fetch(`${endpoint}/__hub/faults`, { method: 'POST', body: JSON.stringify(rules) });
  const requests = async () => ((await (await fetch(`${endpoint}/__hub/requests`)).json()) as { requests: { server: string; hub_token: boolean; authorization: boolean }[] }).requests;

  async function take(id: string, more: Partial<HubSettings> = {}): Promise<{ info: ModelInfo; folder: string }> {
    const used = { ...settings, ...more };
    const facts = await inspect({ kind: 'hub', id }, used);
    const info = await chosenInfo(facts, chooseFiles(facts, { formats: ['gguf', 'onnx', 'safetensors'] }), used);
    return { info, folder: await download(info, used) };
  }

  const names = isHere ? readdirSync(join(fixtures, 'llmi-fixtures')) : [];
  const every = (step: number) => names.filter((_, index) => index % step === 0);

  it.each(every(3))('%s: the facts of the hub are those of the folder, and every chosen file arrives', async (name) => {
    const own = join(fixtures, 'llmi-fixtures', name);
    const { info, folder } = await take(`llmi-fixtures/${name}`);
    const local = await inspect({ kind: 'folder', path: own }, settings);
    const localChosen = await chosenInfo(local, chooseFiles(local, { formats: ['gguf', 'onnx', 'safetensors'] }), settings);
    for (const fact of ['modelType', 'architectures', 'pipelineClass', 'formats', 'json', 'text', 'gguf', 'safetensors', 'quantization', 'chosenFiles'] as const) {
      expect(info[fact], fact).toEqual(localChosen[fact]);
    }
    for (const path of info.chosenFiles) expect(readFileSync(join(folder, path)).equals(readFileSync(join(own, path))), path).toBe(true);
  });

  it('passes on no token to the CDN, and no more than the hub asks for', async () => {
    await faults({ kind: 'reject_auth' });
    await take('org/gated', { token: 'hf_member' });
    const seen = await requests();
    expect(seen.some((request) => request.server === 'cdn')).toBe(true);
    expect(seen.filter((request) => request.server === 'cdn' && request.authorization)).toEqual([]);
  });

  it('tells the kinds of missing access apart, and follows a renamed repository', async () => {
    await expect(take('org/gated')).rejects.toMatchObject({ code: 'HUB_AUTH_REQUIRED', hint: expect.stringContaining(`${endpoint}/org/gated`) });
    await expect(take('org/gated', { token: 'hf_waiting' })).rejects.toMatchObject({ code: 'HUB_LICENSE_REQUIRED' });
    await expect(take('org/gated', { token: 'hf_nobody' })).rejects.toMatchObject({ code: 'HUB_AUTH_REQUIRED' });
    await expect(take('org/nothing')).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
    await expect(inspect({ kind: 'hub', id: 'org/gated', revision: 'nope' }, settings)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND', message: expect.stringContaining('nope') });
    expect((await take('org/earlier', { token: 'hf_member' })).info.id).toBe('org/gated');
  });

  const weights = 'llmi-fixtures/tiny-llama3-GGUF/tiny-llama3-Q8_0.gguf';
  it.each<[string, object]>([
    ['a cut', { kind: 'cut', bytes: 300_000, on: 'cdn', times: 2 }],
    ['silence', { kind: 'stall', seconds: 30, after: 100_000, on: 'cdn', times: 1 }],
    ['an expired address', { kind: 'expired', times: 2 }],
    ['a server without ranges', { kind: 'norange' }],
    ['a wrong length', { kind: 'length', delta: -7, on: 'cdn', times: 2 }],
    ['a wrong byte', { kind: 'corrupt', match: weights, skip: 3, times: 1 }],
    ['a server out of order', { kind: 'status', status: 502, times: 3 }],
  ])('survives %s', async (_, fault) => {
    await faults(fault);
    const { folder } = await take('llmi-fixtures/tiny-llama3-GGUF');
    expect(readFileSync(join(folder, 'tiny-llama3-Q8_0.gguf')).equals(readFileSync(join(fixtures, weights)))).toBe(true);
  });

  it('installs nothing of a file that never is what the hub lists', async () => {
    await faults({ kind: 'size', match: weights, value: 964_000 });
    await expect(take('llmi-fixtures/tiny-llama3-GGUF')).rejects.toMatchObject({ code: expect.stringMatching(/^(DOWNLOAD|MODEL_FILE)_CORRUPT$/) });
    await faults({ kind: 'corrupt', match: 'llmi-fixtures/tiny-vit/onnx/*' });
    await expect(take('llmi-fixtures/tiny-vit')).rejects.toMatchObject({ code: 'DOWNLOAD_CORRUPT' });
  });
});
