import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoModelId, demoModelPath } from '@llmi/demo-model';
import { createEngine, type Engine, type RemoteEngine } from '@llmi/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type RunningServer } from '../src/index.js';

const key = 'a-key-of-the-other-one';

describe('the models of another llmi', () => {
  const home = mkdtempSync(join(tmpdir(), 'llmi-remote-'));
  const engines: Engine[] = [];
  let other: RunningServer;
  let here: RunningServer;

  function engineWith(remotes: RemoteEngine[]): Engine {
    const engine = createEngine({
      home,
      hub: { endpoint: 'http://127.0.0.1:1', cacheDir: join(home, 'cache'), offline: true },
      installationDir: join(import.meta.dirname, '../../cli'), // its dependencies are the handlers
      preferHandlers: {},
      isolation: 'process',
      parallel: 2,
      maxQueue: 8,
      keepAliveMinutes: 0,
      remotes,
    });
    engines.push(engine);
    return engine;
  }

  beforeAll(async () => {
    const far = engineWith([]);
    await far.attach(demoModelPath, demoModelId);
    other = await startServer({ engine: far, version: '1.0.0', port: 0, drainMs: 50, apiKeys: [key] });
    here = await startServer({ engine: engineWith([{ name: 'far', url: other.url, apiKey: key }, { name: 'locked', url: other.url }]), version: '1.0.0', port: 0, drainMs: 50 });
  });
  afterAll(async () => {
    await here.close();
    await other.close();
    for (const engine of engines) await engine[Symbol.asyncDispose]();
    await rm(home, { recursive: true, force: true });
  });

  const ask = async (path: string, body?: object) => {
    const response = await fetch(`${here.url}${path}`, body ? { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {});
    return { status: response.status, text: await response.text() };
  };
  const messages = [{ role: 'user', content: 'How do I install a model?' }];

  it('are listed with what they do', async () => {
    expect(JSON.parse((await ask('/models')).text)).toMatchObject({ models: [{ name: 'far', task: 'text-generation', handler: 'remote' }, { name: 'locked' }] });
    expect(JSON.parse((await ask('/capabilities?model=far')).text)).toMatchObject({ tasks: ['text-generation'], supports_tools: true });
  });

  it.each([
    ['native', '/generate', { model: 'far', messages, temperature: 0 }],
    ['OpenAI', '/v1/chat/completions', { model: 'far', messages, temperature: 0 }],
    ['Ollama', '/api/chat', { model: 'far', messages, stream: false }],
    ['Anthropic', '/v1/messages', { model: 'far', messages, max_tokens: 60 }],
  ])('answer in the dialect of %s', async (_dialect, path, body) => {
    const { status, text } = await ask(path, body);
    expect(status).toBe(200);
    expect(text).toContain('llmi install');
  });

  it('stream token by token', async () => {
    const { text } = await ask('/v1/chat/completions', { model: 'far', messages, stream: true });
    expect(text.split('\n\n').length).toBeGreaterThan(10);
    expect(text).toMatch(/data: \[DONE\]\n\n$/);
  });

  it('refuse what they would refuse there', async () => {
    const { status, text } = await ask('/generate', { model: 'far', mode: 'sing', prompt: 'x' });
    expect([status, text]).toMatchObject([400, expect.stringContaining('MODE_UNSUPPORTED') as string]);
  });

  it('of a third one are passed on only where they are named', async () => {
    expect(await engineWith([{ name: 'all', url: here.url }]).models()).toEqual([]);
    expect((await engineWith([{ name: 'one', url: here.url, model: 'far' }]).models()).map(({ name, installed }) => [name, installed.tasks])).toEqual([['one', ['text-generation']]]);
  });

  it('fail with a word about the key where that is missing, and do not blame the client', async () => {
    const { status, text } = await ask('/v1/chat/completions', { model: 'locked', messages });
    expect(status).toBe(502);
    expect(text).toContain('remote_failed');
    expect(text).not.toContain(key);
  });
});
