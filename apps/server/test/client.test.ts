import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LlmiClient, type ClientEvent } from '@llmi/client';
import { demoModelId, demoModelPath } from '@llmi/demo-model';
import { createEngine, type Engine } from '@llmi/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type RunningServer } from '../src/index.js';

const installationDir = join(import.meta.dirname, '../../cli'); // its dependencies are the handlers
let home: string;
let engine: Engine;
let server: RunningServer;
let client: LlmiClient;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'llmi-client-'));
  engine = createEngine({
    home,
    hub: { endpoint: 'http://127.0.0.1:1', cacheDir: join(home, 'cache'), offline: true },
    installationDir,
    preferHandlers: {},
    isolation: 'process',
    parallel: 2,
    maxQueue: 8,
    keepAliveMinutes: 0,
  });
  await engine.attach(demoModelPath, demoModelId);
  server = await startServer({ engine, version: '1.0.0', port: 0, drainMs: 50 });
  client = new LlmiClient({ baseUrl: server.url, model: demoModelId });
});

afterAll(async () => {
  await server?.close();
  await engine?.[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

const question = { messages: [{ role: 'user' as const, content: 'What is a handler?' }], temperature: 0, maxTokens: 24 };

describe('a client of the real server', () => {
  it('gets text, with where it is from', async () => {
    const answer = await client.generateText(question);
    expect(answer).toMatchObject({ type: 'text', usage: { completionTokens: expect.any(Number) as number }, model: { id: demoModelId, handler: 'transformer' }, timing: { queue: expect.any(Number) as number } });
    expect(answer.text.length).toBeGreaterThan(10);
  });

  it('streams the same text, and its whole answer last', async () => {
    const events: ClientEvent[] = [];
    for await (const event of client.stream(question)) events.push(event);
    const done = events.at(-1)!;
    expect(done.type).toBe('done');
    if (done.type !== 'done') return;
    expect(events.map((event) => (event.type === 'text' ? event.token : '')).join('')).toBe(done.fullText);
    expect(done.answer).toMatchObject({ type: 'text', text: (await client.generateText(question)).text });
  });

  it('ends the work on the server when it leaves', async () => {
    for await (const _event of client.stream({ prompt: 'Once', maxTokens: 400 })) break;
    while (engine.loaded()[0]!.active > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await client.generateText(question)).text).not.toBe('');
  });

  it('is told by field what is wrong', async () => {
    await expect(client.generateText({ prompt: 'x', temperature: 9 })).rejects.toMatchObject({ code: 'INPUT_INVALID', param: 'temperature', status: 400, requestId: expect.any(String) as string });
    await expect(client.generateText({ prompt: 'x', model: 'org/missing' })).rejects.toMatchObject({ status: 404 });
    await expect(client.embed({ texts: ['x'] })).rejects.toMatchObject({ status: 422 });
  });

  it('looks at the server and its models', async () => {
    expect(await client.health()).toMatchObject({ status: 'healthy', version: '1.0.0' });
    expect(await client.isReady()).toBe(true);
    expect((await client.models()).models).toContainEqual(expect.objectContaining({ name: demoModelId, handler: 'transformer', sizeBytes: expect.any(Number) as number }));
    expect(await client.info()).toMatchObject({ modelId: demoModelId, loaded: true, capabilities: { supportsStreaming: true, modeDescriptions: { auto: expect.any(String) as string } } });
    expect((await client.capabilities()).tasks).toContain('text-generation');
  });

  it('loads and unloads', async () => {
    expect(await client.unload(demoModelId)).toEqual({ model: demoModelId, unloaded: true });
    expect(await client.load(demoModelId)).toMatchObject({ model: demoModelId, loaded: true, state: 'ready' });
  });

  it('uploads', async () => {
    const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
    expect(await client.upload(new Blob([png], { type: 'image/png' }))).toMatchObject({ id: expect.any(String) as string, size: png.length, contentType: 'image/png' });
  });
});
