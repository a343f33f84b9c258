import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { download, inspect, type HubSettings } from '../src/index.js';
import { Hubd, hubdIsHere, randomBytes } from './helpers/hubd.js';

const config = (type: string) => JSON.stringify({ model_type: type });
const weights = randomBytes(2 << 20);
const open = { 'config.json': config('bert'), 'model.onnx': weights };

describe.skipIf(!hubdIsHere)('who may have what', () => {
  let hub: Hubd;
  let settings: HubSettings;
  beforeAll(async () => {
    hub = await Hubd.start();
    await hub.put('org/open', {
      ...open,
      '.hub.json': JSON.stringify({ formerly: ['old/name'], revisions: { dev: '.hub/dev', 'refs/tags/v1': '.hub/v1', 'feature/x': '.hub/x' } }),
      ...Object.fromEntries(['dev', 'v1', 'x'].map((name) => [`.hub/${name}/config.json`, config(`bert-${name}`)])),
    });
    await hub.put('org/gated', { ...open, '.hub.json': JSON.stringify({ gated: 'manual', tokens: ['hf_member'], pending: ['hf_waiting'], formerly: ['old/gated'] }) });
    await hub.put('org/private', { ...open, '.hub.json': JSON.stringify({ private: true, tokens: ['hf_member'] }) });
  });
  afterAll(() => hub?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    await hub.faults();
    settings = { endpoint: hub.url, cacheDir: await mkdtemp(join(tmpdir(), 'llmi-cache-')), timeoutMs: 3000 };
  });

  async function take(id: string, more: Partial<HubSettings> = {}, revision?: string): Promise<string> {
    const used = { ...settings, ...more };
    const info = await inspect({ kind: 'hub', id, revision }, used);
    return download({ ...info, chosenFiles: info.files.map(({ path }) => path).filter((path) => !path.startsWith('.')) }, used);
  }

  it.each<[string, string | undefined, string, RegExp]>([
    ['org/gated', undefined, 'HUB_AUTH_REQUIRED', /Accept the licence at .*\/org\/gated.*\/settings\/tokens.*HF_TOKEN/],
    ['org/gated', 'hf_waiting', 'HUB_LICENSE_REQUIRED', /state of the request at .*\/org\/gated/],
    ['org/gated', 'hf_wrong', 'HUB_AUTH_REQUIRED', /new one at .*\/settings\/tokens/],
    ['org/private', undefined, 'MODEL_NOT_FOUND', /private, set HF_TOKEN/],
    ['org/missing', undefined, 'MODEL_NOT_FOUND', /Check the spelling/],
    ['org/missing', 'hf_member', 'MODEL_NOT_FOUND', /token of an account that may see it/],
  ])('%s with token %s: %s, with the next step', async (id, token, code, hint) => {
    await expect(take(id, { token })).rejects.toMatchObject({ code, hint: expect.stringMatching(hint) });
  });

  it.each(['org/private', 'org/gated', 'old/gated', 'old/name'])('%s is fetched with the right token, which no CDN sees', async (id) => {
    await hub.faults({ kind: 'reject_auth' });
    expect((await readFile(join(await take(id, { token: 'hf_member' }), 'model.onnx'))).equals(weights)).toBe(true);
    const seen = await hub.requests();
    expect(seen.some(({ server }) => server === 'cdn')).toBe(true);
    expect(seen.filter(({ server, authorization }) => server === 'cdn' && authorization)).toEqual([]);
    expect(seen.filter(({ server, authorization }) => server === 'hub' && !authorization)).toEqual([]);
  });

  it('a renamed repository lies under its new name', async () => {
    expect(await take('old/name')).toContain('models--org--open');
  });

  it('sends no token to a host that the hub redirects to, large file or small', async () => {
    const seen: (string | undefined)[] = [];
    const other = createServer((request, response) => {
      seen.push(request.headers.authorization, request.headers.cookie);
      response.writeHead(200, { 'content-length': open['config.json'].length }).end(open['config.json']);
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const to = `http://127.0.0.1:${(other.address() as AddressInfo).port}/elsewhere`;
    await hub.faults({ kind: 'redirect', match: 'org/gated/config.json', to });
    const folder = await take('org/gated', { token: 'hf_member' });
    expect(await readFile(join(folder, 'config.json'), 'utf8')).toBe(open['config.json']);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.filter((header) => header !== undefined)).toEqual([]);
    other.close();
  });

  it.each([['dev', 'bert-dev'], ['v1', 'bert-v1'], ['feature/x', 'bert-x'], ['main', 'bert'], [undefined, 'bert']])('revision %s', async (revision, modelType) => {
    const folder = await take('org/open', {}, revision);
    expect(JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'))).toEqual({ model_type: modelType });
    expect(await readFile(join(folder, '..', '..', 'refs', ...(revision ?? 'main').split('/')), 'utf8')).toBe(folder.split(/[/\\]/).at(-1));
    const commit = folder.split(/[/\\]/).at(-1)!;
    expect(await take('org/open', {}, commit)).toBe(folder);
    await hub.faults();
    expect(await take('org/open', { offline: true }, revision)).toBe(folder);
    expect(await take('org/open', { offline: true }, commit)).toBe(folder);
    expect(await hub.requests()).toEqual([]);
  });

  it('offline: says what is not in the cache, and asks nobody', async () => {
    await expect(take('org/open', { offline: true })).rejects.toMatchObject({ code: 'HUB_OFFLINE', hint: expect.stringContaining('HF_HUB_OFFLINE') });
    const info = await inspect({ kind: 'hub', id: 'org/open' }, settings);
    await download({ ...info, chosenFiles: ['config.json'] }, settings);
    await hub.faults();
    await expect(download({ ...info, chosenFiles: ['config.json', 'model.onnx'] }, { ...settings, offline: true })).rejects.toMatchObject({ code: 'HUB_OFFLINE', message: expect.stringContaining('model.onnx') });
    expect(await hub.requests()).toEqual([]);
  });

  it('a file that is not there, and a revision that is not', async () => {
    const info = await inspect({ kind: 'hub', id: 'org/open' }, settings);
    const wrong = { path: 'none.onnx', sizeBytes: 5, sha256: 'a'.repeat(64) };
    await expect(download({ ...info, files: [wrong], chosenFiles: [wrong.path] }, settings)).rejects.toMatchObject({ code: 'MODEL_FILE_MISSING', hint: expect.stringContaining('/org/open/tree/main') });
    await expect(take('org/open', {}, 'nothing')).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND', hint: expect.stringContaining('branches and tags') });
    expect((await readdir(settings.cacheDir, { recursive: true })).filter((path) => path.includes('snapshots'))).toEqual([]);
  });
});
