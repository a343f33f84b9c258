import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoModelId, demoModelPath } from '@llmi/demo-model';
import { createEngine, type Engine } from '@llmi/engine';
import { startServer, type RunningServer } from '@llmi/server';
import { generateText, Output, streamText } from 'ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createLlmi, type LlmiProvider } from '../src/index.js';

let home: string;
let engine: Engine;
let server: RunningServer;
let llmi: LlmiProvider;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'llmi-ai-sdk-'));
  engine = createEngine({
    home,
    hub: { endpoint: 'http://127.0.0.1:1', cacheDir: join(home, 'cache'), offline: true },
    installationDir: join(import.meta.dirname, '../../../apps/cli'), // its dependencies are the handlers
    preferHandlers: {},
    isolation: 'process',
    parallel: 2,
    maxQueue: 8,
    keepAliveMinutes: 0,
  });
  await engine.attach(demoModelPath, demoModelId);
  server = await startServer({ engine, version: '1.0.0', port: 0, drainMs: 50 });
  llmi = createLlmi({ baseUrl: server.url });
});

afterAll(async () => {
  await server?.close();
  await engine?.[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

describe('the demo model through the AI SDK', () => {
  const question = { prompt: 'What is a handler?', temperature: 0, maxOutputTokens: 24 };

  it('answers, and streams the same', async () => {
    const { text, usage } = await generateText({ model: llmi(demoModelId), ...question });
    expect(text.length).toBeGreaterThan(10);
    expect(usage.outputTokens).toBeGreaterThan(3);
    const streamed = streamText({ model: llmi(demoModelId), ...question });
    expect(await streamed.text).toBe(text);
  });

  it('keeps to a schema', async () => {
    const schema = z.object({ answer: z.enum(['yes', 'no']), sure: z.boolean() });
    const { output } = await generateText({ model: llmi(demoModelId), ...question, maxOutputTokens: 60, output: Output.object({ schema }) });
    expect(schema.parse(output)).toEqual(output);
  });
});
