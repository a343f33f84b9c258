import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LoopbackHub, sha256 } from '../../src/hub/index.js';

const weights = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251));
let hub: LoopbackHub;
const get = (path: string, init?: RequestInit) => fetch(`${hub.url}/org/model/resolve/main/${path}`, init);
const range = { headers: { range: 'bytes=10-19' } };

beforeAll(async () => {
  hub = await LoopbackHub.start({ 'org/model': { files: { 'config.json': '{"a":1}', 'model.gguf': weights } }, 'org/secret': { files: { 'model.gguf': weights }, gated: true } });
});
beforeEach(() => hub.setFaults());
afterAll(() => hub[Symbol.asyncDispose]());

describe('a loopback hub', () => {
  it('lists a repository with sizes and hashes, at a commit that changes with its files', async () => {
    const tree = await (await fetch(`${hub.url}/api/models/org/model/tree/main`)).json();
    expect(tree).toContainEqual({ type: 'file', path: 'model.gguf', size: 1000, oid: expect.any(String) as string, lfs: { oid: sha256(weights), size: 1000 } });
    const before = hub.commit('org/model');
    hub.repositories['org/model']!.files['new.txt'] = 'x';
    expect(hub.commit('org/model')).not.toBe(before);
    expect(await (await fetch(`${hub.url}/api/models/org/model`)).json()).toMatchObject({ id: 'org/model', sha: hub.commit('org/model') });
  });

  it('gives small files itself and sends for large ones to the CDN, with ranges', async () => {
    expect(await (await get('config.json')).json()).toEqual({ a: 1 });
    const redirect = await get('model.gguf', { redirect: 'manual' });
    expect([redirect.status, redirect.headers.get('x-linked-etag')]).toEqual([302, `"${sha256(weights)}"`]);
    const part = await get('model.gguf', range);
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 10-19/1000']);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(weights.subarray(10, 20));
    expect(hub.requests.at(-1)).toMatchObject({ server: 'cdn', id: 'org/model', file: 'model.gguf', range: 'bytes=10-19' });
  });

  it('knows one token, and wants it for gated content', async () => {
    const secret = `${hub.url}/org/secret/resolve/main/model.gguf`;
    expect((await fetch(secret)).headers.get('x-error-code')).toBe('GatedRepo');
    hub.token = 'hf_good';
    expect((await fetch(secret, { headers: { authorization: 'Bearer hf_bad' } })).status).toBe(401);
    expect((await fetch(secret, { headers: { authorization: 'Bearer hf_good' }, redirect: 'manual' })).status).toBe(302);
    expect((await get('missing.txt')).headers.get('x-error-code')).toBe('EntryNotFound');
  });
});

describe('a fault', () => {
  it('of a status comes as often as it says, after those it lets by', async () => {
    hub.setFaults({ kind: 'status', status: 429, retryAfterSeconds: 3, match: 'org/model/config.json', skip: 1, times: 2 });
    const answers = [];
    for (let count = 0; count < 4; count++) answers.push(await get('config.json'));
    expect(answers.map(({ status }) => status)).toEqual([200, 429, 429, 200]);
    expect(answers[1]!.headers.get('retry-after')).toBe('3');
  });

  it('cuts the connection', async () => {
    hub.setFaults({ kind: 'cut', bytes: 100, times: 1 });
    await expect((await get('model.gguf')).arrayBuffer()).rejects.toThrow();
    expect((await (await get('model.gguf')).arrayBuffer()).byteLength).toBe(1000);
  });

  it('claims a length that is not sent', async () => {
    hub.setFaults({ kind: 'length', delta: 5, on: 'cdn' });
    const answer = await get('model.gguf');
    expect(answer.headers.get('content-length')).toBe('1005');
    await expect(answer.arrayBuffer()).rejects.toThrow();
  });

  it('spoils one byte of a file, and not the file itself', async () => {
    hub.setFaults({ kind: 'corrupt', at: 12 });
    const spoilt = Buffer.from(await (await get('model.gguf', range)).arrayBuffer());
    expect(spoilt.findIndex((byte, index) => byte !== weights[10 + index])).toBe(2);
    hub.setFaults();
    expect(Buffer.from(await (await get('model.gguf')).arrayBuffer())).toEqual(weights);
  });

  it('answers a range with everything', async () => {
    hub.setFaults({ kind: 'no-range' });
    const answer = await get('model.gguf', range);
    expect([answer.status, (await answer.arrayBuffer()).byteLength]).toEqual([200, 1000]);
  });

  it('lets signed addresses expire, at the CDN alone', async () => {
    hub.setFaults({ kind: 'expired' });
    expect((await get('model.gguf')).status).toBe(403);
    expect((await get('config.json')).status).toBe(200);
  });

  it('changes a file under the feet of a client, and the commit with it', async () => {
    const before = hub.commit('org/model');
    hub.setFaults({ kind: 'change', match: 'org/model/config.json', skip: 1 });
    expect(await (await get('config.json')).text()).toBe('{"a":1}');
    const bytes = async () => new Uint8Array(await (await get('config.json')).arrayBuffer());
    const [second, third] = [await bytes(), await bytes()];
    expect(second[0]).toBe('{'.charCodeAt(0) ^ 0xff);
    expect(third).toEqual(second);
    expect(hub.commit('org/model')).not.toBe(before);
    hub.repositories['org/model']!.files['config.json'] = '{"a":1}';
  });

  it('sends elsewhere for small files, and refuses tokens there', async () => {
    hub.token = 'hf_good';
    hub.setFaults({ kind: 'redirect', match: 'org/model/config.json' }, { kind: 'reject-auth' });
    const { headers } = await get('config.json', { redirect: 'manual' });
    const location = headers.get('location')!;
    expect(location.startsWith(hub.url)).toBe(false);
    expect(await (await fetch(location)).json()).toEqual({ a: 1 });
    expect((await fetch(location, { headers: { authorization: 'Bearer hf_good' } })).status).toBe(400);
  });

  it('lets a body trickle', async () => {
    hub.setFaults({ kind: 'slow', bytesPerSecond: 20_000 });
    const pieces: number[] = [];
    for await (const piece of (await get('model.gguf')).body!) pieces.push((piece as Uint8Array).length);
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.reduce((sum, bytes) => sum + bytes)).toBe(1000);
  });

  it('is silent until one loses patience', async () => {
    hub.setFaults({ kind: 'stall', milliseconds: 2_000, match: 'org/model/config.json' });
    await expect(get('config.json', { signal: AbortSignal.timeout(50) })).rejects.toThrow(/abort|timeout/i);
  });
});
