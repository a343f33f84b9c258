import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { doneEvent } from '@llmi/core';
import OpenAI, { toFile } from 'openai';
import { afterAll, describe, expect, it } from 'vitest';
import { fakeEngine, hang, textResult, type FakeEngine, type FakeEngineOptions } from './fake-engine.js';
import { injected, listening, until } from './harness.js';

const homes: string[] = [];
const home = () => {
  homes.push(mkdtempSync(join(tmpdir(), 'llmi-batches-')));
  return homes.at(-1)!;
};
afterAll(() => homes.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

function engineAt(folder: string, options: FakeEngineOptions = {}): FakeEngine {
  const engine = fakeEngine(options);
  return Object.assign(engine, { settings: { ...engine.settings, home: folder } });
}

const row = (name: string, content: string, more: object = {}) => JSON.stringify({ custom_id: name, method: 'POST', url: '/v1/chat/completions', body: { model: 'org/one', messages: [{ role: 'user', content }], ...more } });
const client = (url: string, apiKey = 'none') => new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });

async function begin(openai: OpenAI, lines: string[], window = '24h'): Promise<OpenAI.Batch> {
  const file = await openai.files.create({ file: await toFile(Buffer.from(lines.join('\n')), 'rows.jsonl'), purpose: 'batch' });
  return openai.batches.create({ input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: window as '24h', metadata: { of: 'test' } });
}

async function over(openai: OpenAI, { id }: OpenAI.Batch): Promise<OpenAI.Batch> {
  await expect.poll(async () => (await openai.batches.retrieve(id)).status, { timeout: 20_000 }).toMatch(/completed|failed|expired|cancelled/);
  return openai.batches.retrieve(id);
}

type Line = { custom_id: string; response: { status_code: number; body: { choices: { message: { content: string } }[]; error?: { message: string } } } | null; error: { code: string } | null };
const linesOf = async (openai: OpenAI, id: string | null | undefined): Promise<Line[]> => (id ? (await (await openai.files.content(id)).text()).trim().split('\n').map((line) => JSON.parse(line) as Line) : []);

describe('batches', () => {
  it('answer every request of a file, with the client of OpenAI', async () => {
    const engine = engineAt(home());
    const { url } = await listening({ engine });
    const openai = client(url);
    const begun = await begin(openai, [row('a', 'Hello there'), '', row('b', 'Second'), row('c', 'x', { temperature: 9 })]);
    expect(begun).toMatchObject({ object: 'batch', status: 'validating', endpoint: '/v1/chat/completions', metadata: { of: 'test' }, expires_at: begun.created_at + 86_400 });
    const done = await over(openai, begun);
    expect(done).toMatchObject({ status: 'completed', request_counts: { total: 3, completed: 2, failed: 1 }, errors: null });
    const answers = await linesOf(openai, done.output_file_id);
    expect(answers.map(({ custom_id, response }) => [custom_id, response!.status_code, response!.body.choices[0]!.message.content])).toEqual([['a', 200, 'Hello there'], ['b', 200, 'Second']]);
    expect(await linesOf(openai, done.error_file_id)).toMatchObject([{ custom_id: 'c', response: { status_code: 400, body: { error: { param: 'temperature' } } } }]);
    expect((await openai.batches.list()).data.map(({ id }) => id)).toEqual([begun.id]);
    const files = (await openai.files.list()).data;
    expect(files.map(({ purpose, filename }) => [purpose, filename])).toEqual([['batch_output', `${begun.id}_error.jsonl`], ['batch_output', `${begun.id}_output.jsonl`], ['batch', 'rows.jsonl']]);
    expect(await openai.files.delete(begun.input_file_id)).toMatchObject({ deleted: true });
    await expect(openai.files.retrieve(begun.input_file_id)).rejects.toMatchObject({ status: 404 });
  });

  it('say what is wrong with a file, line by line', async () => {
    const { url } = await listening({ engine: engineAt(home()) });
    const openai = client(url);
    const failed = await over(openai, await begin(openai, [row('a', 'x'), '{', row('a', 'y'), row('s', 'z', { stream: true }), row('u', 'x').replace('chat/', ''), '{"custom_id":"q"}']));
    expect(failed).toMatchObject({ status: 'failed', output_file_id: null });
    expect(failed.errors!.data!.map(({ line, code }) => [line, code])).toEqual([[2, 'invalid_json_line'], [3, 'duplicate_custom_id'], [4, 'invalid_request'], [5, 'mismatched_url'], [6, 'invalid_request']]);
    expect((await over(openai, await begin(openai, ['']))).errors!.data![0]).toMatchObject({ code: 'empty_file' });
    await expect(openai.batches.create({ input_file_id: 'file-none', endpoint: '/v1/chat/completions', completion_window: '24h' })).rejects.toMatchObject({ status: 404 });
    await expect(openai.batches.create({ input_file_id: 'file-none', endpoint: '/metrics' as '/v1/embeddings', completion_window: '24h' })).rejects.toMatchObject({ status: 400 });
  });

  it('can be cancelled: what is answered stays, the work in progress ends', async () => {
    let asked = 0;
    const engine = engineAt(home(), { parallel: 1, behaviour: (request, signal) => (++asked === 1 ? (async function* () { yield doneEvent(textResult('first', request)); })() : hang(request, signal)) });
    const { url } = await listening({ engine });
    const openai = client(url);
    const begun = await begin(openai, [row('a', '1'), row('b', '2'), row('c', '3')]);
    await until(() => asked === 2);
    expect((await openai.batches.cancel(begun.id)).status).toBe('cancelling');
    const done = await over(openai, begun);
    expect(done).toMatchObject({ status: 'cancelled', request_counts: { total: 3, completed: 1, failed: 2 } });
    expect((await linesOf(openai, done.output_file_id)).map(({ custom_id }) => custom_id)).toEqual(['a']);
    expect((await linesOf(openai, done.error_file_id)).map(({ error }) => error!.code)).toEqual(['batch_cancelled', 'batch_cancelled']);
    expect(engine.active).toBe(0);
    await expect(openai.batches.cancel(begun.id)).resolves.toMatchObject({ status: 'cancelled' });
  });

  it('belong to who sent them, and need the key like everything else', async () => {
    const { url } = await listening({ engine: engineAt(home()), apiKeys: ['key-one', 'key-two'] });
    const [one, two] = [client(url, 'key-one'), client(url, 'key-two')];
    const begun = await begin(one, [row('a', 'mine')]);
    expect((await over(one, begun)).status).toBe('completed');
    expect((await two.files.list()).data).toEqual([]);
    expect((await two.batches.list()).data).toEqual([]);
    await expect(two.batches.retrieve(begun.id)).rejects.toMatchObject({ status: 404 });
    await expect(two.files.content(begun.input_file_id)).rejects.toMatchObject({ status: 404 });
    await expect(client(url, 'key-three').batches.list()).rejects.toMatchObject({ status: 401 });
  });

  it('wait behind everybody who waits for an answer', async () => {
    const priorities: (number | undefined)[] = [];
    const engine = engineAt(home());
    const { generate } = engine;
    engine.generate = (name, request, call) => {
      priorities.push(call?.priority);
      return generate(name, request, call);
    };
    const { url } = await listening({ engine });
    const openai = client(url);
    await over(openai, await begin(openai, [row('a', 'x')]));
    await openai.chat.completions.create({ model: 'org/one', messages: [{ role: 'user', content: 'x' }] });
    await openai.chat.completions.create({ model: 'org/one', messages: [{ role: 'user', content: 'x' }] }, { headers: { 'x-request-priority': '-3' } });
    expect(priorities).toEqual([-100, 0, -3]);
    await expect(openai.chat.completions.create({ model: 'org/one', messages: [{ role: 'user', content: 'x' }] }, { headers: { 'x-request-priority': '5' } })).rejects.toMatchObject({ status: 400 });
  });

  it('go on after the server was closed in the middle, and ask nothing twice that was answered', async () => {
    const folder = home();
    let asked = 0;
    const first = engineAt(folder, { parallel: 1, behaviour: (request, signal) => (++asked <= 2 ? (async function* () { yield doneEvent(textResult('early', request)); })() : hang(request, signal)) });
    const app = await injected({ engine: first });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as { port: number };
    const begun = await begin(client(`http://127.0.0.1:${port}`), ['a', 'b', 'c', 'd'].map((name) => row(name, name)));
    await until(() => asked === 3);
    await app.close();
    const second = engineAt(folder);
    const { url } = await listening({ engine: second });
    const done = await over(client(url), begun);
    expect(done.request_counts).toEqual({ total: 4, completed: 4, failed: 0 });
    expect((await linesOf(client(url), done.output_file_id)).map(({ custom_id, response }) => [custom_id, response!.body.choices[0]!.message.content])).toEqual([['a', 'early'], ['b', 'early'], ['c', 'c'], ['d', 'd']]);
    expect(second.requests).toHaveLength(2);
  });

  it('end when their time is over', async () => {
    const engine = engineAt(home(), { behaviour: hang });
    const { url } = await listening({ engine });
    const openai = client(url);
    const realNow = Date.now;
    Date.now = () => realNow() - 3_599_000; // the batch of an hour ago has a second left
    const begun = await begin(openai, [row('a', 'x')], '1h');
    Date.now = realNow;
    const done = await over(openai, begun);
    expect(done).toMatchObject({ status: 'expired', request_counts: { total: 1, completed: 0, failed: 1 } });
    expect((await linesOf(openai, done.error_file_id))[0]).toMatchObject({ custom_id: 'a', response: null, error: { code: 'batch_expired' } });
  });

  it('of a home belong to one server at a time', async () => {
    const folder = home();
    const { url } = await listening({ engine: engineAt(folder) });
    await client(url).files.list();
    const other = await injected({ engine: engineAt(folder) });
    const { statusCode, body } = await other.inject({ url: '/v1/files' });
    expect([statusCode, body]).toEqual([409, expect.stringContaining('Another server')]);
  });
});

describe('a server that is killed', () => {
  it('loses no answer and doubles none', async () => {
    const folder = home();
    const program = join(import.meta.dirname, '../../cli/bin/llmi.js');
    let server: ChildProcess | undefined;
    const start = async () => {
      server = spawn(process.execPath, [program, 'serve', '--port', '0', '--json', '--home', folder], { env: { ...process.env, UV_THREADPOOL_SIZE: '1' }, stdio: ['ignore', 'pipe', 'ignore'] });
      let text = '';
      for await (const chunk of server.stdout! as AsyncIterable<Buffer>) {
        text += chunk.toString();
        const url = /"listening","url":"([^"]+)"/.exec(text)?.[1];
        if (url) return client(url);
      }
      throw new Error(`It did not start: ${text}`);
    };
    try {
      let openai = await start();
      const names = Array.from({ length: 40 }, (_, index) => `row-${index}`);
      const begun = await begin(openai, names.map((name) => row(name, 'How do I install a model?', { model: 'llmi/demo', max_tokens: 8, temperature: 0 })));
      for (let kills = 0; kills < 2; kills++) {
        await expect.poll(async () => (await openai.batches.retrieve(begun.id)).request_counts!.completed, { interval: 5, timeout: 20_000 }).toBeGreaterThan(3 + 10 * kills);
        server!.kill('SIGKILL');
        await new Promise((resolve) => server!.once('exit', resolve));
        openai = await start();
      }
      const done = await over(openai, begun);
      expect(done).toMatchObject({ status: 'completed', request_counts: { total: 40, completed: 40, failed: 0 } });
      expect((await linesOf(openai, done.output_file_id)).map(({ custom_id }) => custom_id)).toEqual(names);
    } finally {
      server?.kill('SIGKILL');
    }
  });
});
