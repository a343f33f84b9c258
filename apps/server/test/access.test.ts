import { createHash } from 'node:crypto';
import { WebSocket } from 'ws';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ApiKey, ServerOptions } from '../src/index.js';
import { fakeEngine } from './fake-engine.js';
import { injected, listening, postJson } from './harness.js';

const hash = (key: string) => `sha256:${createHash('sha256').update(key).digest('hex')}`;
const keyed = (key: string, rest: Partial<ApiKey> = {}): ApiKey => ({ hash: hash(key), ...rest });
const say = [{ role: 'user', content: 'hi' }];

/** Two models, a key for everything, one for the first model, and those of one scope each. */
async function served(options: Partial<ServerOptions> = {}) {
  const engine = fakeEngine({ models: ['org/one:Q8_0', 'org/two'] });
  const app = await injected({
    ...options,
    engine,
    apiKeys: ['all', keyed('one', { models: ['org/one'] }), keyed('ask', { scopes: ['generate'] }), keyed('care', { scopes: ['manage'] }), keyed('watch', { scopes: ['metrics'] })],
  });
  const ask = (key: string, method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object) => app.inject({ method, url, headers: { authorization: `Bearer ${key}` }, ...(payload ? { payload } : {}) });
  return { app, engine, ask };
}

describe('keys with scopes', () => {
  it.each([
    ['POST', '/generate', { model: 'org/two', prompt: 'hi' }, 'generate'],
    ['POST', '/v1/chat/completions', { model: 'org/two', messages: say }, 'generate'],
    ['POST', '/v1/messages', { model: 'org/two', messages: say, max_tokens: 5 }, 'generate'],
    ['POST', '/api/chat', { model: 'org/two', messages: say, stream: false }, 'generate'],
    ['GET', '/models', undefined, 'generate'],
    ['POST', '/models/load', { model: 'org/two' }, 'manage'],
    ['POST', '/models/unload', { model: 'org/two' }, 'manage'],
    ['POST', '/api/pull', { model: 'org/new', stream: false }, 'manage'],
    ['DELETE', '/api/delete', { model: 'org/two' }, 'manage'],
    ['GET', '/metrics', undefined, 'metrics'],
  ] as const)('are good for what they name: %s %s', async (method, url, payload, scope) => {
    const { ask } = await served();
    const by = { generate: 'ask', manage: 'care', metrics: 'watch' };
    for (const [name, key] of Object.entries(by)) expect([name, (await ask(key, method, url, payload)).statusCode]).toEqual([name, name === scope ? 200 : 403]);
    expect((await ask('all', method, url, payload)).statusCode).toBe(200);
  });

  it('of asking alone do not unload a model with an empty prompt', async () => {
    const { ask } = await served();
    const unload = { model: 'org/two', keep_alive: 0, stream: false };
    expect((await ask('ask', 'POST', '/api/generate', unload)).statusCode).toBe(403);
    expect((await ask('all', 'POST', '/api/generate', unload)).statusCode).toBe(200);
  });

  it('say what is missing', async () => {
    const { ask } = await served();
    expect((await ask('watch', 'POST', '/generate', { prompt: 'hi' })).json()).toMatchObject({ error: { code: 'FORBIDDEN', message: 'This API key may not ask models.', hint: expect.stringContaining('"generate"') as string } });
  });

  it('expire', async () => {
    const app = await injected({ apiKeys: [keyed('old', { expiresAt: new Date(Date.now() - 1000).toISOString() }), keyed('new', { expiresAt: new Date(Date.now() + 60_000).toISOString() })] });
    const status = async (key: string) => (await app.inject({ url: '/models', headers: { 'x-api-key': key } })).statusCode;
    expect([await status('old'), await status('new')]).toEqual([401, 200]);
    vi.useFakeTimers({ now: Date.now() + 61_000, toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    expect(await status('new')).toBe(401);
  });

  it.each([{ hash: 'secret' }, { hash: hash('a'), scopes: ['everything'] }, { hash: hash('a'), models: [] }, { hash: hash('a'), expiresAt: 'tomorrow' }, { hash: hash('a'), scope: 'generate' }])('are refused as %j', async (key) => {
    await expect(injected({ apiKeys: [key as ApiKey] })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('a key of one model', () => {
  it.each([
    ['/generate', { prompt: 'hi' }],
    ['/generate/stream', { prompt: 'hi' }],
    ['/v1/chat/completions', { messages: say }],
    ['/v1/completions', { prompt: 'hi' }],
    ['/v1/responses', { input: 'hi' }],
    ['/v1/messages', { messages: say, max_tokens: 5 }],
    ['/api/chat', { messages: say }],
    ['/api/generate', { prompt: 'hi' }],
    ['/v1/embeddings', { input: 'hi' }],
    ['/v1/images/generations', { prompt: 'hi' }],
    ['/v1/audio/speech', { input: 'hi', voice: 'a' }],
    ['/v1/videos', { prompt: 'hi' }],
    ['/models/load', {}],
    ['/models/unload', {}],
    ['/api/show', {}],
  ])('is for no other: POST %s', async (url, body) => {
    const { ask, engine } = await served();
    for (const model of ['org/two', 'org/three']) {
      const reply = await ask('one', 'POST', url, { model, ...body });
      expect([model, reply.statusCode, reply.body]).toEqual([model, url === '/generate/stream' && reply.statusCode === 200 ? 200 : 403, expect.stringContaining('may not use the model') as string]);
    }
    expect(engine.requests).toEqual([]);
    expect((await ask('one', 'POST', url, { model: 'org/one:Q8_0', ...body })).statusCode).not.toBe(403);
  });

  it('sees no other', async () => {
    const { ask } = await served();
    for (const [url, other] of [['/models', 'org/two'], ['/v1/models', 'org/two'], ['/api/tags', 'org/two'], ['/api/ps', 'org/two'], ['/v1/models/org/two', '"id":"org/two"'], ['/info?model=org/two', '"handler"'], ['/capabilities?model=org/two', 'supports']] as const) {
      await ask('all', 'POST', '/models/load', { model: 'org/two' });
      expect([url, (await ask('one', 'GET', url)).body.includes(other)]).toEqual([url, false]);
      expect([url, (await ask('all', 'GET', url)).body.includes(other)]).toEqual([url, true]);
    }
  });

  it('may end in * for all that begin so, and is the model of requests that name none where it is the only one', async () => {
    const engine = fakeEngine({ models: ['org/one', 'org/one-more', 'else/one'] });
    const app = await injected({ engine, apiKeys: [keyed('some', { models: ['org/*'] }), keyed('single', { models: ['else/one'] })] });
    const ask = (key: string, payload: object) => app.inject({ method: 'POST', url: '/generate', headers: { 'x-api-key': key }, payload });
    expect((await ask('some', { model: 'org/one-more', prompt: 'hi' })).statusCode).toBe(200);
    expect((await ask('some', { model: 'else/one', prompt: 'hi' })).statusCode).toBe(403);
    expect((await ask('single', { prompt: 'hi' })).json()).toMatchObject({ model: { id: 'else/one' } });
  });

  it('is for no other over a WebSocket', async () => {
    const engine = fakeEngine({ models: ['org/one', 'org/two'] });
    const { url } = await listening({ engine, apiKeys: [keyed('one', { models: ['org/one'] })] });
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, { headers: { 'x-api-key': 'one' } });
    onTestFinished(() => socket.terminate());
    const answers = new Promise<{ type: string; id: string; error?: { code: string } }[]>((resolve) => {
      const seen: { type: string; id: string; error?: { code: string } }[] = [];
      socket.on('message', (data: Buffer) => {
        seen.push(JSON.parse(data.toString('utf8')) as (typeof seen)[number]);
        if (seen.filter(({ type }) => type === 'error' || type === 'done').length === 2) resolve(seen);
      });
    });
    socket.on('open', () => {
      for (const model of ['org/two', 'org/one']) socket.send(JSON.stringify({ id: model, model, prompt: 'hi' }));
    });
    const ends = (await answers).filter(({ type }) => type === 'error' || type === 'done');
    expect(Object.fromEntries(ends.map(({ id, type, error }) => [id, error?.code ?? type]))).toEqual({ 'org/two': 'FORBIDDEN', 'org/one': 'done' });
  });

  it('finds no films and responses of other keys', async () => {
    const { ask } = await served();
    const { id } = (await ask('all', 'POST', '/v1/responses', { model: 'org/two', input: 'hi' })).json<{ id: string }>();
    expect((await ask('ask', 'GET', `/v1/responses/${id}`)).statusCode).toBe(404);
    expect((await ask('ask', 'POST', '/v1/responses', { model: 'org/two', input: 'more', previous_response_id: id })).statusCode).toBe(404);
    expect((await ask('ask', 'DELETE', `/v1/responses/${id}`)).statusCode).toBe(404);
    expect((await ask('all', 'GET', `/v1/responses/${id}`)).statusCode).toBe(200);
    const film = (await ask('all', 'POST', '/v1/videos', { model: 'org/two', prompt: 'hi' })).json<{ id: string }>();
    expect((await ask('ask', 'GET', '/v1/videos')).json()).toMatchObject({ data: [] });
    expect((await ask('ask', 'GET', `/v1/videos/${film.id}`)).statusCode).toBe(404);
    expect((await ask('all', 'GET', '/v1/videos')).json()).toMatchObject({ data: [{ id: film.id }] });
  });
});

describe('reload', () => {
  it('changes who may ask, from the next request on', async () => {
    const { url, reload } = await listening({ apiKeys: ['old'] });
    const rules = { allowedHosts: [], corsOrigins: ['https://app.example'] };
    const status = async (key?: string) => (await postJson(`${url}/generate`, { prompt: 'hi' }, { headers: { ...(key ? { 'x-api-key': key } : {}), origin: 'https://app.example' } })).status;
    expect(await status('old')).toBe(403); // the page is of no origin that is named
    reload({ ...rules, apiKeys: ['new'] });
    expect([await status('old'), await status('new'), await status()]).toEqual([401, 200, 401]);
    reload({ ...rules, apiKeys: [] });
    expect(await status()).toBe(200);
  });

  it('that would open the server to everybody, or is not valid, changes nothing', async () => {
    const { url, reload } = await listening({ host: '0.0.0.0', apiKeys: ['old'] });
    const rules = { allowedHosts: [], corsOrigins: [] };
    expect(() => reload({ ...rules, apiKeys: [] })).toThrow(expect.objectContaining({ code: 'ADDRESS_NOT_ALLOWED' }) as Error);
    expect(() => reload({ ...rules, apiKeys: ['new'], corsOrigins: ['no origin'] })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }) as Error);
    const local = url.replace('0.0.0.0', '127.0.0.1');
    expect((await fetch(`${local}/models`, { headers: { 'x-api-key': 'old' } })).status).toBe(200);
    expect((await fetch(`${local}/models`, { headers: { 'x-api-key': 'new' } })).status).toBe(401);
  });
});
