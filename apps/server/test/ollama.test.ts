import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { LlmiError } from '@llmi/core';
import { Ollama } from 'ollama';
import { describe, expect, it } from 'vitest';
import { ollamaChatReplySchema, ollamaRunningSchema, ollamaShowSchema, ollamaTagsSchema } from '../src/dialects/ollama/reply-schemas.js';
import { giving, pixel, thinkAndCall } from './behaviours.js';
import { fakeEngine, hang, type FakeEngineOptions } from './fake-engine.js';
import { injected, listening, until } from './harness.js';

async function client(options: FakeEngineOptions = {}) {
  const { url, engine } = await listening({ engine: fakeEngine(options) });
  return { ollama: new Ollama({ host: url }), engine, url };
}

const messages = [{ role: 'user', content: 'hello my friend' }];

describe('chat', () => {
  it('answers the client of Ollama', async () => {
    const { ollama, engine } = await client();
    const reply = await ollama.chat({ model: 'org/one:latest', messages: [{ role: 'system', content: 'Be kind.' }, ...messages], options: { temperature: 0, num_predict: 9, num_ctx: 4096, stop: ['END'], seed: 3 }, think: 'low', format: 'json', keep_alive: '5m' });
    expect(ollamaChatReplySchema.parse(reply)).toMatchObject({ model: 'org/one:latest', message: { role: 'assistant', content: 'hello my friend' }, done: true, done_reason: 'stop', prompt_eval_count: 5, eval_count: 3 });
    expect(reply.total_duration).toBeGreaterThan(0);
    expect(reply.load_duration).toBe(1e6);
    expect(engine.requests).toEqual([
      {
        mode: 'chat',
        messages: [{ role: 'system', content: 'Be kind.' }, { role: 'user', content: 'hello my friend' }],
        maxTokens: 9,
        temperature: 0,
        stopSequences: ['END'],
        seed: 3,
        reasoning: 'low',
        responseFormat: { type: 'json_object' },
      },
    ]);
  });

  it('streams a line per token, unless told not to', async () => {
    const { ollama } = await client();
    const parts = [];
    for await (const part of await ollama.chat({ model: 'org/one', messages, stream: true })) parts.push(part);
    expect(parts.map(({ message, done }) => [message.content, done])).toEqual([['hello ', false], ['my ', false], ['friend', false], ['', true]]);
    expect(parts.at(-1)).toMatchObject({ done_reason: 'stop', eval_count: 3 });
    const reply = await (await injected()).inject({ method: 'POST', url: '/api/chat', payload: { model: 'org/one', messages } });
    expect(reply.headers['content-type']).toBe('application/x-ndjson');
  });

  it('thinks, and calls tools with arguments as an object', async () => {
    const { ollama } = await client({ behaviour: thinkAndCall });
    const { message } = await ollama.chat({ model: 'org/one', messages, tools: [{ type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } } }] });
    expect(message).toMatchObject({
      content: 'I look.',
      thinking: 'Let me see.',
      tool_calls: [{ function: { name: 'weather', arguments: { city: 'Paris' } } }, { function: { name: 'time', arguments: {} } }],
    });
    const streamed = { thinking: '', content: '', calls: 0 };
    for await (const part of await ollama.chat({ model: 'org/one', messages, stream: true })) {
      streamed.thinking += part.message.thinking ?? '';
      streamed.content += part.message.content;
      streamed.calls += part.message.tool_calls?.length ?? 0;
    }
    expect(streamed).toEqual({ thinking: 'Let me see.', content: 'I look.', calls: 2 });
  });

  it('takes pictures, calls and their results back', async () => {
    const { ollama, engine } = await client();
    await ollama.chat({
      model: 'org/one',
      messages: [
        { role: 'user', content: 'Look', images: [pixel] },
        { role: 'assistant', content: '', tool_calls: [{ function: { name: 'weather', arguments: { city: 'Paris' } } }] },
        { role: 'tool', content: 'Sun', tool_name: 'weather' },
      ],
    });
    expect(engine.requests[0]!.messages).toEqual([
      { role: 'user', content: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${pixel}` } }, { type: 'text', text: 'Look' }] },
      { role: 'assistant', content: '', toolCalls: [{ id: 'call_1_0', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } }] },
      { role: 'tool', content: 'Sun', name: 'weather' },
    ]);
  });

  it('ends the work when the client stops listening', async () => {
    const { ollama, engine } = await client({ behaviour: hang });
    const stream = await ollama.chat({ model: 'org/one', messages, stream: true });
    await expect(async () => {
      for await (const _part of stream) stream.abort();
    }).rejects.toThrow();
    await until(() => engine.active === 0);
    expect(engine.aborts).toMatchObject([{ code: 'CANCELLED' }]);
  });
});

describe('generate', () => {
  it('puts a prompt into the template, a raw one not', async () => {
    const { ollama, engine } = await client();
    expect((await ollama.generate({ model: 'org/one', prompt: 'a b', system: 'Be kind.', context: [], suffix: '' })).response).toBe('a b');
    expect((await ollama.generate({ model: 'org/one', prompt: 'a b', raw: true, format: { type: 'object' } })).response).toBe('a b');
    expect(engine.requests).toEqual([
      { mode: 'chat', messages: [{ role: 'system', content: 'Be kind.' }, { role: 'user', content: 'a b' }] },
      { mode: 'complete', prompt: 'a b', responseFormat: { type: 'json_schema', json_schema: { name: 'format', schema: { type: 'object' } } } },
    ]);
  });

  it('without a prompt loads, and with keep_alive 0 unloads', async () => {
    const { ollama, engine } = await client();
    expect(await ollama.generate({ model: 'org/one', prompt: '' })).toMatchObject({ response: '', done: true, done_reason: 'load' });
    expect(engine.loaded().map(({ name }) => name)).toEqual(['org/one']);
    expect(await ollama.generate({ model: 'org/one', prompt: '', keep_alive: 0 })).toMatchObject({ done_reason: 'unload' });
    expect(engine.loaded()).toEqual([]);
  });

  it('lets a model go as soon as the request says', async () => {
    const { ollama, engine } = await client();
    await ollama.generate({ model: 'org/one', prompt: 'a', keep_alive: 0 });
    expect(engine.loaded()).toEqual([]);
    await ollama.generate({ model: 'org/one', prompt: 'a', keep_alive: '20ms' });
    await until(() => engine.loaded().length === 0);
    await expect(ollama.generate({ model: 'org/one', prompt: 'a', keep_alive: 'soon' })).rejects.toMatchObject({ status_code: 400 });
  });
});

describe('models', () => {
  it('are listed, shown, and told when they are in memory', async () => {
    const { ollama, url } = await client({ models: ['org/one', 'org/two'] });
    const tags = await ollama.list();
    expect(ollamaTagsSchema.parse(await (await fetch(`${url}/api/tags`)).json()).models).toHaveLength(2);
    expect(tags.models[0]).toMatchObject({ name: 'org/one', model: 'org/one', size: 1000, digest: expect.stringMatching(/^[0-9a-f]{64}$/), details: { family: 'llama', format: 'gguf', quantization_level: 'Q8_0' } });
    const shown = await ollama.show({ model: 'org/two' });
    expect(ollamaShowSchema.safeParse(await (await fetch(`${url}/api/show`, { method: 'POST', body: '{"model":"org/two"}', headers: { 'content-type': 'application/json' } })).json()).error).toBeUndefined();
    expect(shown).toMatchObject({ capabilities: ['completion'], model_info: { 'general.architecture': 'llama', 'llama.context_length': 512 } });
    expect((await ollama.ps()).models).toEqual([]);
    await ollama.generate({ model: 'org/one', prompt: 'a' });
    expect(ollamaRunningSchema.parse(await (await fetch(`${url}/api/ps`)).json()).models).toMatchObject([{ name: 'org/one', size: 1e8, size_vram: 0, context_length: 512 }]);
    expect((await ollama.version()).version).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it('are installed with progress, and removed', async () => {
    const { ollama, engine } = await client();
    const statuses = [];
    for await (const { status, total, completed } of await ollama.pull({ model: 'org/new:Q8_0', stream: true })) statuses.push([status, completed, total]);
    expect(statuses).toEqual([['pulling w.gguf', 5, 10], ['verifying sha256 digest', undefined, undefined], ['writing manifest', undefined, undefined], ['success', undefined, undefined]]);
    expect(await ollama.pull({ model: 'org/other' })).toEqual({ status: 'success' });
    expect(engine.installs).toEqual(['org/new:Q8_0@main', 'org/other@main']);
    await ollama.delete({ model: 'org/one' });
    expect(engine.removals).toEqual(['org/one']);
    await expect(ollama.pull({ model: 'org/missing' })).rejects.toMatchObject({ status_code: 404 });
  });

  it('are neither installed nor removed where the server is public, unless it allows that', async () => {
    const engine = fakeEngine();
    const headers = { host: '10.0.0.5', authorization: 'Bearer k' };
    const ask = async (allowInstall?: boolean) => (await (await injected({ engine, host: '0.0.0.0', apiKeys: ['k'], allowInstall })).inject({ method: 'POST', url: '/api/pull', headers, payload: { model: 'org/new', stream: false } })).statusCode;
    expect([await ask(), await ask(true)]).toEqual([403, 200]);
    expect(engine.installs.length).toBe(1);
  });
});

describe('embed', () => {
  const vectors = giving({ type: 'embedding', embeddings: [[1, 2], [3, 4]], dimensions: 2, usage: { promptTokens: 7, completionTokens: 0, totalTokens: 7 } });

  it('gives vectors, of many texts and of one', async () => {
    const { ollama, engine } = await client({ behaviour: vectors });
    expect(await ollama.embed({ model: 'org/one', input: ['a', 'b'], dimensions: 2 })).toMatchObject({ model: 'org/one', embeddings: [[1, 2], [3, 4]], prompt_eval_count: 7 });
    expect((await ollama.embeddings({ model: 'org/one', prompt: 'a' })).embedding).toEqual([1, 2]);
    expect(engine.requests).toEqual([{ texts: ['a', 'b'], truncate: true, dimensions: 2 }, { texts: ['a'], truncate: true }]);
  });

  it('of a model that makes none says so', async () => {
    const { ollama } = await client();
    await expect(ollama.embed({ model: 'org/one', input: 'a' })).rejects.toMatchObject({ status_code: 422, error: expect.stringContaining('makes no vectors') });
  });
});

describe('errors', () => {
  it.each([
    ['an unknown model', { model: 'org/two', messages }, 404],
    ['a wrong option', { model: 'org/one', messages, options: { temperature: 9 } }, 400],
    ['a sampling that is not there', { model: 'org/one', messages, options: { mirostat: 1 } }, 400],
    ['no model', { messages }, 400],
  ])('of %s are text', async (_what, payload, status) => {
    const reply = await (await injected()).inject({ method: 'POST', url: '/api/chat', payload });
    expect([reply.statusCode, reply.json()]).toEqual([status, { error: expect.any(String) }]);
  });

  it('in the middle of a stream are its last line', async () => {
    const { ollama } = await client({
      behaviour: async function* () {
        yield { type: 'text', token: 'a' };
        throw new LlmiError('RUNNER_CRASHED', { message: 'It crashed.' });
      },
    });
    const stream = await ollama.chat({ model: 'org/one', messages, stream: true });
    await expect(async () => {
      for await (const _part of stream);
    }).rejects.toThrow('It crashed.');
  });
});

it('curl gets lines', async () => {
  const { url } = await listening();
  const { stdout } = await promisify(execFile)('curl', ['-sN', `${url}/api/generate`, '-d', '{"model": "org/one", "prompt": "a b"}']);
  expect(stdout.trim().split('\n').map((line) => (JSON.parse(line) as { response: string }).response)).toEqual(['a ', 'b', '']);
});
