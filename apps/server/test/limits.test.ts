import { setTimeout as sleep } from 'node:timers/promises';
import { doneEvent, LlmiError } from '@llmi/core';
import { describe, expect, it } from 'vitest';
import { failing, fakeEngine, hang, hangAtOnce, textResult } from './fake-engine.js';
import { eventsOf, injected, listening, postJson, until } from './harness.js';

const full = failing(new LlmiError('QUEUE_FULL', { message: '8 requests already wait.', hint: 'Try again.' }));
const messages = [{ role: 'user', content: 'a' }];

/** The same question in every dialect. */
const questions: [url: string, payload: Record<string, unknown>][] = [
  ['/generate', { model: 'org/one', prompt: 'a' }],
  ['/generate/stream', { model: 'org/one', prompt: 'a' }],
  ['/v1/chat/completions', { model: 'org/one', messages }],
  ['/v1/completions', { model: 'org/one', prompt: 'a' }],
  ['/v1/responses', { model: 'org/one', input: 'a' }],
  ['/v1/embeddings', { model: 'org/one', input: 'a' }],
  ['/v1/images/generations', { model: 'org/one', prompt: 'a' }],
  ['/v1/messages', { model: 'org/one', max_tokens: 5, messages }],
  ['/api/chat', { model: 'org/one', messages }],
  ['/api/generate', { model: 'org/one', prompt: 'a' }],
  ['/api/embed', { model: 'org/one', input: 'a' }],
];

describe.each(questions)('%s', (url, payload) => {
  it('answers 429 with Retry-After when the queue is full', async () => {
    const reply = await (await injected({ engine: fakeEngine({ behaviour: full }) })).inject({ method: 'POST', url, payload });
    expect([reply.statusCode, reply.headers['retry-after']]).toEqual([429, '2']);
  });

  it('answers 404 for another model than those there are, and asks none', async () => {
    const engine = fakeEngine({ models: ['org/one', 'org/other'] });
    const reply = await (await injected({ engine })).inject({ method: 'POST', url, payload: { ...payload, model: 'org/on' } });
    expect(reply.statusCode).toBe(404);
    expect(reply.body).toContain('org/on');
    expect(engine.requests).toEqual([]);
  });

  it('ends the work when the client goes away', async () => {
    const { url: base, engine } = await listening({ engine: fakeEngine({ behaviour: hangAtOnce }) });
    const gone = new AbortController();
    const asked = postJson(`${base}${url}`, payload, { signal: gone.signal }).catch(() => undefined);
    await until(() => engine.active === 1);
    gone.abort();
    await asked;
    await until(() => engine.active === 0);
    expect(engine.aborts).toMatchObject([{ code: 'CANCELLED' }]);
  });

  it('ends the work when its time is over', async () => {
    const engine = fakeEngine({ behaviour: hangAtOnce });
    const reply = await (await injected({ engine, requestTimeoutMs: 30 })).inject({ method: 'POST', url, payload });
    expect(reply.statusCode).toBe(504);
    expect(engine.aborts).toMatchObject([{ code: 'DEADLINE_EXCEEDED' }]);
    expect(engine.active).toBe(0);
  });
});

describe('deadlines', () => {
  it('are the client\'s too, within the server\'s', async () => {
    const app = await injected({ engine: fakeEngine({ behaviour: hangAtOnce }), requestTimeoutMs: 40 });
    const ask = (seconds: string) => app.inject({ method: 'POST', url: '/generate', payload: { prompt: 'a' }, headers: { 'x-request-timeout': seconds } });
    expect((await ask('0.02')).json()).toMatchObject({ error: { code: 'DEADLINE_EXCEEDED', message: expect.stringContaining('0.02 seconds') } });
    expect((await ask('1000')).json()).toMatchObject({ error: { message: expect.stringContaining('0.04 seconds') } });
    for (const wrong of ['', '0', '-1', 'soon', 'NaN', 'Infinity']) expect((await ask(wrong)).statusCode).toBe(400);
  });

  it('end a stream with an error', async () => {
    const app = await injected({ engine: fakeEngine({ behaviour: hang }), requestTimeoutMs: 40 });
    const reply = await app.inject({ method: 'POST', url: '/generate/stream', payload: { prompt: 'a' } });
    expect(eventsOf(reply.body)).toMatchObject([{ type: 'text' }, { type: 'error', error: { code: 'DEADLINE_EXCEEDED' } }]);
  });
});

it('Retry-After follows how long the answers of a model take', async () => {
  const engine = fakeEngine({
    behaviour: async function* (request) {
      await sleep(700);
      yield doneEvent(textResult('a', request));
    },
  });
  engine.loaded = () => [{ name: 'org/one', state: 'ready', pinned: false, pid: 1, loadedAt: '', lastUsedAt: '', active: 2, waiting: 18, memoryBytes: 1, info: { device: 'cpu', parallel: 2 } }];
  const app = await injected({ engine });
  const ask = () => app.inject({ method: 'POST', url: '/generate', payload: { prompt: 'a' } });
  await ask();
  engine.behave(full);
  const seconds = Number((await ask()).headers['retry-after']);
  expect(seconds).toBeGreaterThanOrEqual(4); // 20 requests, 2 at a time, 0.7 s each: half of them are done after 3.5 s
  expect(seconds).toBeLessThan(15);
});

it('tells the engine who asks, by the key, so that clients take turns', async () => {
  const engine = fakeEngine();
  const clients: (string | undefined)[] = [];
  const { generate } = engine;
  engine.generate = (name, request, call) => (clients.push(call?.client), generate(name, request, call));
  const app = await injected({ engine, apiKeys: ['one', 'two'] });
  for (const key of ['one', 'two', 'one']) await app.inject({ method: 'POST', url: '/generate', headers: { 'x-api-key': key }, payload: { prompt: 'a' } });
  expect(clients[0]).toBe(clients[2]);
  expect(clients[0]).not.toBe(clients[1]);
  expect(clients.join()).not.toMatch(/one|two/);
});

describe('a server that closes', () => {
  it('lets streams end, takes nothing new, and says when to come back', async () => {
    const engine = fakeEngine({
      behaviour: async function* (request) {
        yield { type: 'text', token: 'a' };
        await sleep(150);
        yield doneEvent(textResult('a', request));
      },
    });
    const server = await listening({ engine, drainMs: 5000 });
    const stream = await postJson(`${server.url}/api/chat`, { model: 'org/one', messages });
    const closed = server.close();
    expect((await stream.text()).trim().split('\n').map((line) => (JSON.parse(line) as { done: boolean }).done)).toEqual([false, true]);
    await closed;
    expect(engine.aborts).toEqual([]);
    await expect(postJson(`${server.url}/generate`, { prompt: 'a' })).rejects.toThrow();
  });

  it('ends what does not end by itself', async () => {
    const server = await listening({ engine: fakeEngine({ behaviour: hang }), drainMs: 20 });
    const stream = await postJson(`${server.url}/v1/messages`, { model: 'org/one', max_tokens: 5, messages, stream: true });
    await server.close();
    expect(await stream.text()).toContain('The server is shutting down.');
  });
});
