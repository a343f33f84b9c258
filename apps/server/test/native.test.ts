import { doneEvent, LlmiError } from '@llmi/core';
import type { LogEntry } from '@llmi/engine';
import { describe, expect, it } from 'vitest';
import { failing, fakeEngine, hang, hangAtOnce, textResult } from './fake-engine.js';
import { eventsOf, injected, listening, postJson, until } from './harness.js';

describe('POST /generate', () => {
  it('answers with the result, its model and its timing, in snake_case', async () => {
    const app = await injected();
    const reply = await app.inject({ method: 'POST', url: '/generate', payload: { prompt: 'hello there', max_tokens: 5, stop_sequences: ['x'], seed: 3, mode: 'complete' } });
    expect(reply.statusCode).toBe(200);
    expect(reply.json()).toEqual({
      type: 'text',
      text: 'hello there',
      finish_reason: 'stop',
      usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7, cached_tokens: 2 },
      seed: 3,
      model: { id: 'org/one', revision: 'c0ffee', handler: 'fake', handler_version: '1.2.3' },
      timing: { queue: 0, load: 1 },
    });
  });

  it('hands the request to the engine in camelCase, without the fields of HTTP', async () => {
    const engine = fakeEngine();
    const app = await injected({ engine });
    await app.inject({ method: 'POST', url: '/generate', payload: { model: 'org/one', prompt: 'a', max_tokens: 5, repetition_penalty: 1.1, stream: false, logit_bias: { 12: -5 } } });
    expect(engine.requests).toEqual([{ model: 'org/one', prompt: 'a', maxTokens: 5, repetitionPenalty: 1.1, logitBias: { 12: -5 } }]);
  });

  it('takes content parts in messages', async () => {
    const engine = fakeEngine();
    const app = await injected({ engine });
    const content = [{ type: 'text', text: 'hi' }];
    const reply = await app.inject({ method: 'POST', url: '/generate', payload: { messages: [{ role: 'user', content }] } });
    expect(reply.statusCode).toBe(200);
    expect(engine.requests[0]!.messages).toEqual([{ role: 'user', content }]);
  });

  it('streams when the body asks for it', async () => {
    const app = await injected();
    const reply = await app.inject({ method: 'POST', url: '/generate', payload: { prompt: 'a b', stream: true } });
    expect(reply.headers['content-type']).toContain('text/event-stream');
    expect(eventsOf(reply.body).map(({ type }) => type)).toEqual(['text', 'text', 'done']);
  });

  it('gives vectors as they are', async () => {
    const engine = fakeEngine();
    const embeddings = [[0.25, -1], [0, 0.5]];
    engine.behave(async function* () {
      yield doneEvent({ type: 'embedding', embeddings, dimensions: 2, usage: { promptTokens: 4, completionTokens: 0, totalTokens: 4 } });
    });
    const app = await injected({ engine });
    const reply = await app.inject({ method: 'POST', url: '/generate', payload: { texts: ['a', 'b'] } });
    expect(reply.json()).toMatchObject({ type: 'embedding', embeddings, dimensions: 2, usage: { prompt_tokens: 4 } });
  });

  it('stops the work when the client goes away', async () => {
    const { url, engine } = await listening({ engine: fakeEngine({ behaviour: hangAtOnce }) });
    const client = new AbortController();
    const reply = postJson(`${url}/generate`, { prompt: 'a' }, { signal: client.signal });
    await until(() => engine.active === 1);
    client.abort();
    await expect(reply).rejects.toThrow();
    await until(() => engine.active === 0);
    expect(engine.aborts).toMatchObject([{ code: 'CANCELLED' }]);
  });
});

it('every request is logged with its status, a stream too', async () => {
  const log: LogEntry[] = [];
  const { url } = await listening({ log: (entry) => log.push(entry) });
  for (const path of ['/generate', '/generate/stream?x=1']) await (await postJson(`${url}${path}`, { prompt: 'secret words' })).text();
  await until(() => log.length === 2);
  expect(log).toMatchObject([
    { message: 'request', method: 'POST', path: '/generate', status: 200, request_id: expect.stringMatching(/^req_/) },
    { message: 'request', method: 'POST', path: '/generate/stream', status: 200 },
  ]);
  expect(JSON.stringify(log)).not.toContain('secret');
});

describe('POST /generate/stream', () => {
  it('sends each token as an event and the whole answer at the end', async () => {
    const app = await injected();
    const reply = await app.inject({ method: 'POST', url: '/generate/stream', payload: { prompt: 'hi "you"\n' } });
    expect(reply.headers).toMatchObject({ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache', 'x-accel-buffering': 'no', 'x-request-id': expect.stringMatching(/^req_/) });
    expect(eventsOf(reply.body)).toEqual([
      { type: 'text', token: 'hi ', finished: false },
      { type: 'text', token: '"you"\n', finished: false },
      {
        type: 'done',
        result_type: 'text',
        full_text: 'hi "you"\n',
        text: 'hi "you"\n',
        finish_reason: 'stop',
        usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7, cached_tokens: 2 },
        seed: 7,
        model: { id: 'org/one', revision: 'c0ffee', handler: 'fake', handler_version: '1.2.3' },
        timing: { queue: 0, load: 1 },
        finished: true,
      },
    ]);
  });

  it('carries every kind of event', async () => {
    const engine = fakeEngine();
    engine.behave(async function* () {
      yield { type: 'progress', stage: 'denoise', step: 1, steps: 4 };
      yield { type: 'reasoning', token: 'hm' };
      yield { type: 'tool_call', index: 0, toolCall: { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } } };
      yield { type: 'text', token: 'a', logprobs: [{ token: 'a', logprob: -0.5, topLogprobs: [] }] };
      yield { type: 'image', index: 0, mimeType: 'image/png', data: 'AAAA' };
      yield doneEvent({ type: 'image', image: 'AAAA', images: ['AAAA'], metadata: { num_steps: 4 } });
    });
    const app = await injected({ engine });
    const reply = await app.inject({ method: 'POST', url: '/generate/stream', payload: { prompt: 'a' } });
    expect(eventsOf(reply.body)).toMatchObject([
      { type: 'progress', stage: 'denoise', step: 1, steps: 4 },
      { type: 'reasoning', token: 'hm' },
      { type: 'tool_call', index: 0, tool_call: { id: 'c1', function: { name: 'f', arguments: '{}' } } },
      { type: 'text', token: 'a', logprobs: [{ token: 'a', logprob: -0.5, top_logprobs: [] }] },
      { type: 'image', mime_type: 'image/png', data: 'AAAA' },
      { type: 'done', result_type: 'image', images: ['AAAA'], metadata: { num_steps: 4 } },
    ]);
  });

  it('sends the first token without waiting for the second', async () => {
    const { url } = await listening({ engine: fakeEngine({ behaviour: hang }) });
    const client = new AbortController();
    const reply = await postJson(`${url}/generate/stream`, { prompt: 'a' }, { signal: client.signal });
    const { value } = await reply.body!.getReader().read();
    expect(new TextDecoder().decode(value)).toBe('data: {"type":"text","token":"one","finished":false}\n\n');
    client.abort();
  });

  it('stops the work when the client goes away, before and after the first token', async () => {
    for (const behaviour of [hang, hangAtOnce]) {
      const { url, engine } = await listening({ engine: fakeEngine({ behaviour }) });
      const client = new AbortController();
      const reply = postJson(`${url}/generate/stream`, { prompt: 'a' }, { signal: client.signal }).then((answer) => answer.text());
      await until(() => engine.active === 1);
      client.abort();
      await expect(reply).rejects.toThrow();
      await until(() => engine.active === 0);
      expect(engine.aborts).toMatchObject([{ code: 'CANCELLED' }]);
    }
  });

  it('notices a client that went away while the model was looked for', async () => {
    const engine = fakeEngine({ behaviour: hangAtOnce });
    const { models } = engine;
    let isLooking = false;
    let found = () => {};
    engine.models = async () => {
      isLooking = true;
      await new Promise<void>((resolve) => (found = resolve));
      return models();
    };
    const { url } = await listening({ engine });
    for (const path of ['/generate', '/generate/stream']) {
      isLooking = false;
      const client = new AbortController();
      const reply = postJson(url + path, { prompt: 'a' }, { signal: client.signal });
      await until(() => isLooking);
      client.abort();
      await expect(reply).rejects.toThrow();
      await new Promise((resolve) => setTimeout(resolve, 50));
      found();
      await until(() => engine.requests.length > 0 && engine.active === 0);
      engine.requests.length = 0;
    }
  });

  it('ends with an error event when the model crashes in the middle', async () => {
    const engine = fakeEngine();
    engine.behave(async function* () {
      yield { type: 'text', token: 'one' };
      throw new LlmiError('RUNNER_CRASHED', { message: 'The process was ended by SIGKILL.', hint: 'Send it again.' });
    });
    const app = await injected({ engine });
    const reply = await app.inject({ method: 'POST', url: '/generate/stream', payload: { prompt: 'a' } });
    expect(reply.statusCode).toBe(200);
    expect(eventsOf(reply.body)).toEqual([
      { type: 'text', token: 'one', finished: false },
      { type: 'error', error: { code: 'RUNNER_CRASHED', message: 'The process was ended by SIGKILL.', hint: 'Send it again.', request_id: reply.headers['x-request-id'] }, finished: true },
    ]);
    engine.behave(async function* () {
      yield doneEvent(textResult('again'));
    });
    expect((await app.inject({ method: 'POST', url: '/generate', payload: { prompt: 'a' } })).json()).toMatchObject({ text: 'again' });
  });

  it('answers with a plain status when the work fails before its first event', async () => {
    const engine = fakeEngine();
    const app = await injected({ engine });
    for (const [error, status] of [
      [new LlmiError('QUEUE_FULL', { message: 'Full.' }), 429],
      [new LlmiError('MEMORY_INSUFFICIENT', { message: 'Too big.' }), 507],
      [new LlmiError('MODEL_LOAD_FAILED', { message: 'No.' }), 503],
    ] as const) {
      engine.behave(failing(error));
      const reply = await app.inject({ method: 'POST', url: '/generate/stream', payload: { prompt: 'a' } });
      expect(reply.statusCode).toBe(status);
      expect(reply.json()).toMatchObject({ error: { code: error.code, request_id: reply.headers['x-request-id'] } });
      if (status === 429) expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0);
    }
  });

  it('does not pass off a broken answer as a whole one', async () => {
    const engine = fakeEngine();
    engine.behave(async function* () {
      yield { type: 'text', token: 'one' };
    });
    const app = await injected({ engine });
    const reply = await app.inject({ method: 'POST', url: '/generate/stream', payload: { prompt: 'a' } });
    expect(eventsOf(reply.body)).toMatchObject([{ type: 'text' }, { type: 'error', error: { code: 'INTERNAL' } }]);
  });

  it('waits for a client that reads slowly', async () => {
    const total = 4000;
    const token = 'x'.repeat(16 * 1024); // 64 MiB in all: far beyond every buffer on the way
    let made = 0;
    const engine = fakeEngine();
    engine.behave(async function* () {
      for (; made < total; made++) yield { type: 'text', token };
      yield doneEvent(textResult('all'));
    });
    const { url } = await listening({ engine });
    const reply = await postJson(`${url}/generate/stream`, { prompt: 'a' });
    const reader = reply.body!.getReader();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(made).toBeLessThan(total);
    let bytes = 0;
    for (let part = await reader.read(); !part.done; part = await reader.read()) bytes += part.value.length;
    expect(made).toBe(total);
    expect(bytes).toBeGreaterThan(total * token.length - 1e6);
  });
});
