import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { doneWith, fakeEngine, installedName } from './support/fake-engine.js';
import { documents, runFake } from './support/run-fake.js';

const loaded = { name: 'org/model', state: 'ready', pid: 42, memory_bytes: 1.5e9, active: 1, waiting: 3, device: 'cpu', last_used_at: new Date().toISOString() };
let server: Server;
let url: string;
const asked: unknown[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    const reply = (status: number, body: unknown) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (request.headers.authorization !== 'Bearer key') return reply(401, { error: { message: 'Who are you?' } });
    if (request.url === '/models') return reply(200, { models: [loaded, { name: 'org/other', loaded: false }] });
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      asked.push([request.url, JSON.parse(body)]);
      if (body.includes('missing')) return reply(404, { error: { message: 'No such model.', hint: 'Look again.' } });
      reply(200, { model: 'org/model', unloaded: true });
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

describe('a running server', () => {
  it('is asked what it has in memory', async () => {
    const { out, exitCode } = await runFake(['ps', '--url', url, '--api-key', 'key']);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/org\/model +ready +1\.50 GB +cpu +1 +3 +just now +42/);
    expect(out).not.toContain('org/other');
    expect(documents((await runFake(['ps', '--json'], { env: { LLMI_URL: url, LLMI_API_KEY: 'key' } })).out)).toMatchObject([{ models: [{ name: 'org/model', memory_bytes: 1.5e9 }] }]);
  });

  it('is asked to let go of a model', async () => {
    expect((await runFake(['stop', 'org/model', '--url', url, '--api-key', 'key'])).out).toContain('org/model is out of memory');
    expect(asked).toContainEqual(['/models/unload', { model: 'org/model' }]);
    const failed = await runFake(['stop', 'missing', '--url', url, '--api-key', 'key']);
    expect(failed).toMatchObject({ exitCode: 2, err: expect.stringMatching(/No such model\.\n +Look again/) as unknown });
  });

  it('that wants a key, or is not there, is told so', async () => {
    expect(await runFake(['ps', '--url', url])).toMatchObject({ exitCode: 5, err: expect.stringMatching(/--api-key/) as unknown });
    expect(await runFake(['ps', '--url', 'http://127.0.0.1:1'])).toMatchObject({ exitCode: 3, err: expect.stringMatching(/llmi serve/) as unknown });
  });
});

describe('bench', () => {
  it('shows medians of what the model says of itself', async () => {
    const usage = { promptTokens: 200, completionTokens: 65, totalTokens: 265 };
    const engine = fakeEngine({
      load: async () => ({}) as never,
      answer: async () => ({ result: { type: 'text', text: 'x', finishReason: 'length', usage }, envelope: { model: { id: 'm', handler: 'h', handlerVersion: '1' }, timing: { prompt: 100, decode: 1000 } } }),
    });
    expect(documents((await runFake(['bench', installedName, '--json'], { engine })).out)).toMatchObject([{ type: 'benchmark', repetitions: 3, prompt_tokens_per_second: 2000, answer_tokens_per_second: 64, seconds_to_first_token: 0.1 }]);
    expect(await runFake(['bench', installedName, '--repetitions', '0'], { engine })).toMatchObject({ exitCode: 2 });
  });
});

describe('train-config', () => {
  const engine = () =>
    fakeEngine({
      answers: () => [doneWith({ type: 'text', text: '', finishReason: 'stop', usage: { promptTokens: 0, completionTokens: 0, totalTokens: 0 } })],
      trainConfig: async (_name, { data, trainer }) => ({ base: 'org/base', trainer: trainer ?? 'trl', data: { path: data, layout: 'text', examples: 2, format: 'jsonl' }, files: { 'train.py': 'print(1)\n' }, commands: ['python train.py'] }),
    });

  it('writes the recipe and the examples into a folder of their own', async () => {
    const { folder } = await runFake(['list']);
    const data = join(folder, 'examples.jsonl');
    await writeFile(data, '{"text": "a"}\n');
    const out = join(folder, 'recipe');
    const { out: said } = await runFake(['train-config', installedName, '--data', data, '--out', out], { engine: engine() });
    expect(said).toMatch(/2 examples \(text\), to train org\/base with trl[^]*python train\.py/);
    expect(await readFile(join(out, 'train.py'), 'utf8')).toBe('print(1)\n');
    expect(await readFile(join(out, 'examples.jsonl'), 'utf8')).toContain('"text"');
    expect(await runFake(['train-config', installedName, '--data', data, '--out', out], { engine: engine() })).toMatchObject({ exitCode: 2, err: expect.stringContaining('not empty') as unknown });
  });

  it('asks for examples', async () => {
    expect(await runFake(['train-config', installedName], { engine: engine() })).toMatchObject({ exitCode: 2, err: expect.stringContaining('--data') as unknown });
  });
});
