import { once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createEngine, type Engine } from '@llmi/engine';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startServer, type RunningServer } from '../src/index.js';
import { eventsOf, postJson, until } from './harness.js';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const shared = process.env.LLMI_SHARED ?? join(repository, '..', 'shared');
const stories = join(shared, 'weights', 'stories260k', 'stories260K-f32.gguf');
const embedding = join(shared, 'fixtures', 'hub', 'llmi-fixtures', 'tiny-bert-mean-embed');
const handlers = ['handler-transformer', 'handler-embedding'].map((name) => join(repository, 'packages', name, 'dist', 'index.js'));
const isReady = [stories, embedding, ...handlers].every((path) => existsSync(path));

/** Greedy, so that every run tells the same story. */
const story = { model: 'stories', prompt: 'Once upon a time', mode: 'complete', temperature: 0 };
/** Long enough to be in the middle of it; the context of 512 tokens ends it. */
const longStory = { ...story, max_tokens: 500 };

describe.skipIf(!isReady)('the server over the real engine', () => {
  let home: string;
  let engine: Engine;
  let server: RunningServer;
  let openai: OpenAI;

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'llmi-server-'));
    engine = createEngine({
      home,
      hub: { endpoint: 'http://127.0.0.1:1', cacheDir: join(home, 'cache'), offline: true },
      installationDir: join(repository, 'apps', 'cli'), // its dependencies are the handlers
      preferHandlers: {},
      isolation: 'process',
      parallel: 4,
      maxQueue: 8,
      keepAliveMinutes: 0,
    });
    await engine.attach(stories, 'stories');
    await engine.attach(embedding, 'vectors');
    server = await startServer({ engine, version: '1.0.0', port: 0, drainMs: 50 });
    openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 });
  });

  afterAll(async () => {
    await server?.close();
    await engine?.[Symbol.asyncDispose]();
    await rm(home, { recursive: true, force: true });
  });

  const generate = async (body: object) => (await postJson(`${server.url}/generate`, body)).json() as Promise<{ text: string; [field: string]: unknown }>;
  const stream = (body: object, signal?: AbortSignal) => postJson(`${server.url}/generate/stream`, body, { signal });
  const statusOf = (name: string) => engine.loaded().find((model) => model.name === name);
  const isIdle = () => statusOf('stories')?.active === 0 && statusOf('stories')?.waiting === 0;

  it('answers POST /generate with text, usage, model and timing', async () => {
    const answer = await generate({ ...story, max_tokens: 12 });
    expect(answer).toMatchObject({
      type: 'text',
      text: expect.stringMatching(/^, there was a little girl named/),
      finish_reason: 'length',
      usage: { completion_tokens: 12 },
      model: { id: 'stories', handler: 'transformer' },
      timing: { queue: expect.any(Number), load: expect.any(Number) },
    });
  });

  it('streams the same text, concurrently too', async () => {
    const prompts = ['Once upon a time', 'The little dog', 'Tim and Sue', 'One day, Lily', 'A big red ball'];
    const alone: string[] = [];
    for (const prompt of prompts) alone.push((await generate({ ...story, prompt, max_tokens: 24 })).text);
    const streams = await Promise.all(prompts.map(async (prompt) => eventsOf(await (await stream({ ...story, prompt, max_tokens: 24 })).text())));
    for (const [index, events] of streams.entries()) {
      expect(events.filter(({ type }) => type === 'text').map(({ token }) => token).join('')).toBe(alone[index]);
      expect(events.filter(({ type }) => type === 'done')).toHaveLength(1);
      expect(events.at(-1)).toMatchObject({ type: 'done', full_text: alone[index], finished: true });
    }
  });

  it('answers over /ws, several at once, and cancels one', async () => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws`);
    const messages: { id: string; type: string; error?: { code: string } }[] = [];
    socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString()) as (typeof messages)[number]));
    await once(socket, 'open');
    const of = (id: string, type: string) => messages.filter((message) => message.id === id && message.type === type);
    socket.send(JSON.stringify({ id: 'long', ...longStory }));
    socket.send(JSON.stringify({ id: 'short', ...story, max_tokens: 5 }));
    await until(() => of('long', 'text').length > 0);
    socket.send(JSON.stringify({ type: 'cancel', id: 'long' }));
    await until(() => of('short', 'done').length === 1 && of('long', 'error').length === 1);
    expect(of('long', 'error')[0]).toMatchObject({ error: { code: 'CANCELLED' } });
    expect(of('short', 'text')).toHaveLength(5);
    socket.close();
  });

  it('frees the model when the client goes away', async () => {
    const leaving = new AbortController();
    const reply = await stream(longStory, leaving.signal);
    await reply.body!.getReader().read();
    expect(statusOf('stories')).toMatchObject({ active: 1 });
    leaving.abort();
    await until(isIdle);
    expect((await generate({ ...story, max_tokens: 3 })).usage).toMatchObject({ completion_tokens: 3 });
  });

  it('a runner that is killed costs its stream an error event; the next request is served by a new one', async () => {
    const reply = await stream(longStory);
    const reader = reply.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = (await reader.read()).value!;
    const { pid } = statusOf('stories')!;
    process.kill(pid!, 'SIGKILL');
    for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
    const events = eventsOf(text);
    expect(events[0]).toMatchObject({ type: 'text' });
    expect(events.at(-1)).toMatchObject({ type: 'error', error: { code: 'RUNNER_CRASHED', hint: expect.any(String) }, finished: true });
    expect(events.filter(({ type }) => type === 'done')).toEqual([]);

    expect((await generate({ ...story, max_tokens: 3 })).usage).toMatchObject({ completion_tokens: 3 });
    expect(statusOf('stories')!.pid).not.toBe(pid);
  });

  it('refuses what the model cannot take, and goes on', async () => {
    const refusal = async (body: object) => {
      const reply = await postJson(`${server.url}/generate`, { ...story, ...body });
      return [reply.status, ((await reply.json()) as { error: { code: string; param?: string } }).error];
    };
    expect(await refusal({ prompt: 'word '.repeat(3000) })).toEqual([400, expect.objectContaining({ code: 'CONTEXT_LENGTH_EXCEEDED', param: 'prompt' })]);
    expect(await refusal({ mode: 'dance' })).toEqual([400, expect.objectContaining({ code: 'MODE_UNSUPPORTED', param: 'mode', hint: expect.stringContaining('complete') })]);
    expect(await refusal({ width: 64 })).toEqual([422, expect.objectContaining({ code: 'INPUT_UNSUPPORTED', param: 'width' })]);
    expect(await refusal({ task: 'depth-estimation' })).toEqual([422, expect.objectContaining({ code: 'TASK_UNSUPPORTED', param: 'task' })]);
    expect((await stream({ ...story, prompt: 'word '.repeat(3000) })).status).toBe(400);
    expect((await generate({ ...story, max_tokens: 3 })).usage).toMatchObject({ completion_tokens: 3 });
  });

  it('tells what runs, where', async () => {
    const get = async (path: string) => (await (await fetch(`${server.url}${path}`)).json()) as object;
    expect(await get('/health')).toMatchObject({ status: 'healthy', model_loaded: true });
    expect(await get('/info?model=stories')).toMatchObject({ model_id: 'stories', model_family: 'llama', device: 'cpu', context_length: 512, memory: { model_bytes: expect.any(Number) } });
    expect(await get('/capabilities?model=vectors')).toMatchObject({ text_generation: false, output_modalities: ['embedding'], modes: ['auto'] });
    expect(await get('/models')).toMatchObject({ models: [{ name: 'stories', loaded: true, pid: expect.any(Number) }, { name: 'vectors' }] });
  });

  describe('answers the openai client', () => {
    const messages = [{ role: 'user' as const, content: 'Tell me a story.' }];
    const chat = { model: 'stories', messages, temperature: 0, max_tokens: 16 };

    it('in a chat, at once and streamed', async () => {
      const whole = await openai.chat.completions.create(chat);
      expect(whole).toMatchObject({ model: 'stories', choices: [{ message: { role: 'assistant' }, finish_reason: 'length' }], usage: { completion_tokens: 16 } });
      let text = '';
      let usage: OpenAI.CompletionUsage | null | undefined;
      for await (const chunk of await openai.chat.completions.create({ ...chat, stream: true, stream_options: { include_usage: true } })) {
        text += chunk.choices[0]?.delta.content ?? '';
        usage = chunk.usage;
      }
      expect(text).toBe(whole.choices[0]!.message.content);
      expect(usage).toMatchObject({ completion_tokens: 16 });
    });

    it('with completions, models and embeddings', async () => {
      const completion = await openai.completions.create({ model: 'stories', prompt: story.prompt, temperature: 0, max_tokens: 12 });
      expect(completion.choices[0]!.text).toBe((await generate({ ...story, max_tokens: 12 })).text);
      expect((await openai.models.list()).data.map(({ id }) => id)).toEqual(['stories', 'vectors']);
      const { data } = await openai.embeddings.create({ model: 'vectors', input: ['one', 'two'] });
      const native = (await generate({ model: 'vectors', texts: ['one', 'two'] })) as unknown as { embeddings: number[][] };
      for (const [index, { embedding: vector }] of data.entries()) expect(vector).toEqual(native.embeddings[index]!.map(Math.fround));
    });

    it('with its own error classes', async () => {
      await expect(openai.chat.completions.create({ ...chat, messages: [{ role: 'user', content: 'word '.repeat(3000) }] })).rejects.toMatchObject({ status: 400, code: 'context_length_exceeded', param: 'messages' });
      await expect(openai.embeddings.create({ model: 'stories', input: 'a' })).rejects.toMatchObject({ status: 422, param: 'model' });
      await expect(openai.chat.completions.create({ ...chat, model: 'vectors' })).rejects.toMatchObject({ status: 400, param: 'model' });
    });
  });
});
