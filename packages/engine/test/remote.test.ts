import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GenerateRequest } from '@llmi/core';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createEngine, type AnsweredEvent, type Engine, type RemoteEngine } from '../src/index.js';

type Answer = (request: IncomingMessage & { text: string }, response: ServerResponse) => void;

/** An engine with OpenAI's API, as far as `routes` go. */
class Stand {
  readonly asked: { path: string; body: Record<string, unknown>; key: string | undefined }[] = [];
  readonly server: Server;
  closed = 0; // connections that the other side gave up

  constructor(readonly routes: Record<string, Answer>) {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      response.on('close', () => (this.closed += response.writableFinished ? 0 : 1));
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString('latin1');
        const path = request.url!;
        if (request.method === 'POST') this.asked.push({ path, body: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : { form: text }, key: request.headers.authorization });
        const route = this.routes[path];
        if (route) route(Object.assign(request, { text }), response);
        else response.writeHead(404).end('{"error":{"message":"Not Found"}}');
      });
    });
  }

  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

const json = (body: unknown, status = 200): Answer => (_request, response) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
const models = (...ids: string[]) => json({ object: 'list', data: ids.map((id) => ({ id, object: 'model', max_model_len: 4096 })) });
const sse = (...chunks: unknown[]) => chunks.map((chunk) => `data: ${typeof chunk === 'string' ? chunk : JSON.stringify(chunk)}\n\n`).join('');
const piece = (delta: object, finish: string | null = null) => ({ choices: [{ index: 0, delta, finish_reason: finish }] });
const usage = { choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5, prompt_tokens_details: { cached_tokens: 1 } } };
const says = (...words: string[]): Answer => (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).end(sse(...words.map((word) => piece({ content: word })), piece({}, 'stop'), usage, '[DONE]'));
};

describe('models of other engines', () => {
  const home = mkdtempSync(join(tmpdir(), 'llmi-remote-'));
  afterAll(() => rmSync(home, { recursive: true, force: true }));
  const started: (() => unknown)[] = [];
  afterEach(async () => {
    for (const stop of started.splice(0).reverse()) await stop();
  });

  async function stand(routes: Record<string, Answer>): Promise<Stand & { url: string }> {
    const made = new Stand(routes);
    started.push(() => made.stop());
    return Object.assign(made, { url: await made.start() });
  }

  function engineWith(...remotes: RemoteEngine[]): Engine {
    const engine = createEngine({ home, hub: { endpoint: 'http://127.0.0.1:1', cacheDir: join(home, 'cache'), offline: true }, preferHandlers: {}, isolation: 'process', parallel: 1, maxQueue: 100, keepAliveMinutes: 0, remotes });
    started.push(() => engine[Symbol.asyncDispose]());
    return engine;
  }

  async function eventsOf(engine: Engine, name: string, request: GenerateRequest, signal?: AbortSignal): Promise<AnsweredEvent[]> {
    const events: AnsweredEvent[] = [];
    for await (const event of engine.generate(name, request, { signal })) events.push(event);
    return events;
  }

  it('are listed and asked by their name here, with the key and the fields of their API', async () => {
    const other = await stand({ '/v1/models': models('meta/llama'), '/v1/chat/completions': says('Hel', 'lo') });
    const engine = engineWith({ name: 'big', url: `${other.url}/v1`, apiKey: 'secret-key' });
    expect((await engine.models()).map(({ name }) => name)).toEqual(['big']);
    const events = await eventsOf(engine, 'big', { messages: [{ role: 'user', content: 'Hi' }], maxTokens: 7, stopSequences: ['x'], reasoning: 'off', topK: 3 });
    expect(events.filter(({ type }) => type === 'text')).toEqual([{ type: 'text', token: 'Hel' }, { type: 'text', token: 'lo' }]);
    expect(events.at(-1)).toMatchObject({
      type: 'done',
      fullText: 'Hello',
      result: { type: 'text', text: 'Hello', finishReason: 'stop', usage: { promptTokens: 3, completionTokens: 2, totalTokens: 5, cachedTokens: 1 } },
      envelope: { model: { id: 'big', handler: 'remote' } },
    });
    expect(other.asked).toMatchObject([
      { key: 'Bearer secret-key', body: { model: 'meta/llama', stream: true, messages: [{ role: 'user', content: 'Hi' }], max_tokens: 7, stop: ['x'], reasoning_effort: 'none', top_k: 3 } },
    ]);
    expect(engine.loaded()).toMatchObject([{ name: 'big', state: 'ready', info: { device: `remote (${new URL(other.url).host})`, contextLength: 4096 } }]);
  });

  it('of one engine with several are told apart, and one it does not have is not found', async () => {
    const other = await stand({ '/v1/models': models('one', 'org/two'), '/v1/chat/completions': says('2') });
    const engine = engineWith({ name: 'box', url: other.url });
    expect((await engine.models()).map(({ name }) => name)).toEqual(['box/one', 'box/org/two']);
    expect((await engine.answer('box/org/two', { prompt: 'Which?' })).result).toMatchObject({ text: '2' });
    expect(other.asked[0]!.body).toMatchObject({ model: 'org/two', messages: [{ role: 'user', content: 'Which?' }] });
    await expect(engine.find('box/three')).rejects.toMatchObject({ code: 'MODEL_NOT_INSTALLED' });
  });

  it('call tools, think, and give log probabilities', async () => {
    const calls = (index: number, call: object) => piece({ tool_calls: [{ index, ...call }] });
    const other = await stand({
      '/v1/models': models('m'),
      '/v1/chat/completions': (_request, response) => {
        response.writeHead(200).end(
          sse(
            piece({ reasoning_content: 'Hm' }),
            { choices: [{ delta: { content: 'A' }, logprobs: { content: [{ token: 'A', logprob: -0.1, top_logprobs: [{ token: 'B', logprob: -2 }] }] } }] },
            calls(0, { id: 'c1', function: { name: 'add', arguments: '{"a"' } }),
            calls(0, { function: { arguments: ':1}' } }),
            calls(1, { id: 'c2', function: { name: 'stop', arguments: '{}' } }),
            piece({}, 'tool_calls'),
            '[DONE]',
          ),
        );
      },
    });
    const events = await eventsOf(engineWith({ name: 'm', url: other.url }), 'm', { prompt: 'x', logprobs: 1 });
    expect(events.filter(({ type }) => type === 'tool_call')).toEqual([
      { type: 'tool_call', index: 0, toolCall: { id: 'c1', type: 'function', function: { name: 'add', arguments: '{"a":1}' } } },
      { type: 'tool_call', index: 1, toolCall: { id: 'c2', type: 'function', function: { name: 'stop', arguments: '{}' } } },
    ]);
    expect(events.at(-1)).toMatchObject({ result: { reasoning: 'Hm', text: 'A', finishReason: 'tool_calls', logprobs: [{ token: 'A', logprob: -0.1, topLogprobs: [{ token: 'B', logprob: -2 }] }] } });
  });

  it('embed, rank, paint, speak and listen where the engine does', async () => {
    const other = await stand({
      '/v1/models': models('m'),
      '/v1/embeddings': json({ data: [{ index: 1, embedding: [0, 2] }, { index: 0, embedding: [3, 4] }], usage: { prompt_tokens: 4, total_tokens: 4 } }),
      '/v1/rerank': json({ results: [{ index: 0, relevance_score: 0.1 }, { index: 1, relevance_score: 0.9 }] }),
      '/v1/images/generations': json({ data: [{ b64_json: 'aGk=' }] }),
      '/v1/audio/speech': (_request, response) => void response.writeHead(200, { 'content-type': 'audio/wav' }).end('RIFF'),
      '/v1/audio/transcriptions': json({ text: 'hi', language: 'en', duration: 1.5, segments: [{ start: 0, end: 1.5, text: 'hi' }] }),
    });
    const engine = engineWith({ name: 'm', url: other.url });
    const answer = async (request: GenerateRequest) => (await engine.answer('m', request)).result;
    expect(await answer({ texts: ['a', 'b'], normalize: true })).toEqual({ type: 'embedding', embeddings: [[0.6, 0.8], [0, 1]], dimensions: 2, usage: { promptTokens: 4, completionTokens: 0, totalTokens: 4 } });
    expect(await answer({ query: 'q', documents: ['a', 'b'] })).toEqual({ type: 'rerank', results: [{ index: 1, score: 0.9, document: 'b' }, { index: 0, score: 0.1, document: 'a' }] });
    expect(await answer({ prompt: 'a cat', width: 512, height: 512 })).toMatchObject({ type: 'image', images: ['aGk='] });
    expect(await answer({ prompt: 'hello', voice: 'nova' })).toMatchObject({ type: 'audio', audio: Buffer.from('RIFF').toString('base64'), metadata: { mimeType: 'audio/wav' } });
    expect(await answer({ audio: Buffer.from('sound').toString('base64'), language: 'en' })).toMatchObject({ type: 'transcription', text: 'hi', duration: 1.5, language: 'en' });
    expect(other.asked.at(-1)!.body.form).toMatch(/name="file"; filename[\s\S]*sound[\s\S]*/);
    await expect(answer({ texts: ['a'], precision: 'int8' })).rejects.toMatchObject({ code: 'INPUT_UNSUPPORTED', param: 'precision' });
  });

  it('are asked at another engine of the same name before the first word, never after', async () => {
    const cut: Answer = (_request, response) => {
      response.writeHead(200).write(sse(piece({ content: 'Half' })));
      setTimeout(() => response.destroy(), 20);
    };
    const busy = await stand({ '/v1/models': models('m'), '/v1/chat/completions': json({ error: { message: 'busy' } }, 503) });
    const well = await stand({ '/v1/models': models('m'), '/v1/chat/completions': says('ok') });
    const engine = engineWith({ name: 'm', url: busy.url, weight: 1000 }, { name: 'm', url: well.url });
    expect((await engine.answer('m', { prompt: 'x' })).result).toMatchObject({ text: 'ok' });
    expect((await engine.answer('m', { prompt: 'x' })).result).toMatchObject({ text: 'ok' });
    expect(busy.asked).toHaveLength(1); // it rests after its failure
    well.routes['/v1/chat/completions'] = cut;
    await expect(engine.answer('m', { prompt: 'x' })).rejects.toMatchObject({ code: 'REMOTE_UNREACHABLE' });
    expect(busy.asked).toHaveLength(1);
  });

  it('share requests by weight and by how busy they are', async () => {
    const held: ServerResponse[] = [];
    const hold: Answer = (_request, response) => void held.push(response);
    const [small, large] = [await stand({ '/v1/models': models('m'), '/v1/chat/completions': hold }), await stand({ '/v1/models': models('m'), '/v1/chat/completions': hold })];
    const engine = engineWith({ name: 'm', url: small.url }, { name: 'm', url: large.url, weight: 3 });
    const answers = Array.from({ length: 8 }, () => engine.answer('m', { prompt: 'x' }));
    await expect.poll(() => held.length).toBe(8);
    expect([small.asked.length, large.asked.length]).toEqual([2, 6]);
    for (const response of held) response.writeHead(200).end(sse(piece({ content: 'x' }, 'stop'), '[DONE]'));
    await Promise.all(answers);
  });

  it('stop when the request is cancelled', async () => {
    const endless: Answer = (_request, response) => void response.writeHead(200).write(sse(piece({ content: 'on' })));
    const other = await stand({ '/v1/models': models('m'), '/v1/chat/completions': endless });
    const engine = engineWith({ name: 'm', url: other.url });
    const controller = new AbortController();
    const seen = (async () => {
      for await (const event of engine.generate('m', { prompt: 'x' }, { signal: controller.signal })) if (event.type === 'text') controller.abort(new Error('enough'));
    })();
    await expect(seen).rejects.toThrow('enough');
    await expect.poll(() => other.closed).toBe(1);
  });

  it.each([
    ['nobody there', undefined, 'REMOTE_UNREACHABLE'],
    ['silence', ((_request, response) => void response.writeHead(200).flushHeaders()) as Answer, 'REMOTE_UNREACHABLE'],
    ['a key that is wrong', json({ error: { message: 'bad key' } }, 401), 'REMOTE_FAILED'],
    ['a prompt that is too long', json({ error: { message: 'too long', code: 'context_length_exceeded' } }, 400), 'CONTEXT_LENGTH_EXCEEDED'],
    ['a field it refuses', json({ detail: [{ msg: 'no' }] }, 400), 'INPUT_INVALID'],
    ['no such route', json({ detail: 'Not Found' }, 404), 'TASK_UNSUPPORTED'],
    ['too many requests', json({ error: 'slow down' }, 429), 'QUEUE_FULL'],
    ['no JSON', ((_request, response) => void response.writeHead(200).end('data: <html>\n\n')) as Answer, 'REMOTE_FAILED'],
    ['an error in the stream', ((_request, response) => void response.writeHead(200).end(sse({ error: { message: 'boom' } }))) as Answer, 'REMOTE_FAILED'],
    ['another shape of answer', ((_request, response) => void response.writeHead(200).end(sse({ choices: 'none' }, { choices: [{ delta: { tool_calls: 3 } }] }))) as Answer, 'REMOTE_FAILED'],
    ['a stream without an end', ((_request, response) => void response.writeHead(200).end(sse(piece({ content: 'a' })))) as Answer, 'REMOTE_FAILED'],
  ] as const)('say what is wrong: %s', async (_what, route, code) => {
    const other = await stand({ '/v1/models': models('m'), ...(route ? { '/v1/chat/completions': route } : {}) });
    const engine = engineWith({ name: 'm', url: other.url, timeoutSeconds: 1, apiKey: 'secret-key' });
    await engine.models();
    if (!route) other.stop();
    const failure = await engine.answer('m', { prompt: 'x' }).then(
      () => undefined,
      (error: unknown) => error as { code: string; message: string; hint?: string },
    );
    expect(failure).toMatchObject({ code, hint: expect.stringMatching(/\w/) as string });
    expect(JSON.stringify([failure!.message, failure!.hint])).not.toContain('secret-key');
  });

  it('come back when their engine does', async () => {
    let isUp = false;
    const other = await stand({
      '/v1/models': (request, response) => (isUp ? models('m')(request, response) : json({}, 500)(request, response)),
      '/v1/chat/completions': (request, response) => (isUp ? says('back')(request, response) : json({}, 500)(request, response)),
    });
    const engine = engineWith({ name: 'm', url: other.url });
    expect((await engine.models()).map(({ name }) => name)).toEqual(['m']);
    await expect(engine.answer('m', { prompt: 'x' })).rejects.toMatchObject({ code: 'REMOTE_FAILED' });
    isUp = true;
    expect((await engine.answer('m', { prompt: 'x' })).result).toMatchObject({ text: 'back' }); // there is no other: it is asked though it rests
  });

  it.each(['ftp://host', 'nothing', 'http://user:password@host'])('refuse the address %s, and do not repeat it', (url) => {
    expect(() => engineWith({ name: 'm', url })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.not.stringContaining(url) as string }) as Error);
  });
});
