import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createEngine, load, type Engine } from '../dist/index.js';
import { makeTestProject } from './helpers/test-project.js';

/** Loads as a file of the model says, and answers as the prompt says; `pid` tells who loads. */
const body = `
  async loadModel(path) {
    writeFileSync(join(path, 'pid'), String(process.pid));
    const files = readdirSync(path);
    if (files.includes('hang')) await new Promise(() => setInterval(() => {}, 1000));
    if (files.includes('block')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    if (files.includes('slow')) await sleep(300);
    return { info: { device: 'cpu', parallel: 4 }, generate: (request, options) => this.say(request, options), async [Symbol.asyncDispose]() { writeFileSync(join(path, 'disposed'), ''); } };
  }
  async *say({ prompt }, { signal } = {}) {
    yield { type: 'text', token: prompt };
    if (prompt === 'no done') return;
    if (prompt === 'loop') (function spin() { for (;;) Math.random(); })();
    if (prompt === 'bug') throw new TypeError('a bug of the handler');
    for (let n = 0; prompt === 'long' && n < 1000; n++) { await sleep(10); signal?.throwIfAborted(); yield { type: 'text', token: 'x' }; }
    while (prompt === 'returns on abort' && !signal.aborted) await sleep(10);
    if (signal?.aborted) return;
    while (prompt === 'deaf') await sleep(10);
    yield answer(prompt === 'big' ? 'é'.repeat(3_000_000) : prompt);
    await sleep(5);
    yield { type: 'text', token: 'after done' };
  }
`;

let project: Awaited<ReturnType<typeof makeTestProject>>;
let engine: Engine;
let folder: string;
beforeEach(async () => {
  project = await makeTestProject(body, { match: { files: ['test.txt'] } });
  folder = join(project.root, 'model');
  await mkdir(folder);
  await writeFile(join(folder, 'test.txt'), '');
  await writeFile(join(folder, 'config.json'), '{"model_type": "test"}');
  engine = createEngine(project.settings);
});
afterEach(async () => {
  await engine[Symbol.asyncDispose]();
  await project[Symbol.asyncDispose]();
});

const attach = async (...files: string[]) => {
  for (const file of files) await writeFile(join(folder, file), '');
  return (await engine.attach(folder)).name;
};
const loadingPid = () => vi.waitFor(async () => Number((await readFile(join(folder, 'pid'), 'utf8')) || 'none yet') || Promise.reject(new Error('none yet')), { timeout: 10_000 });
const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
const ask = (name: string, prompt: string, signal?: AbortSignal) => engine.answer(name, { prompt }, { signal });
const answered = (text: string) => ({ result: { text } });

describe('a runner that is still loading', () => {
  it.each(['hang', 'block'])('is ended when nobody waits for it any more, though it would %s for ever', async (how) => {
    const name = await attach(how);
    const leaving = new AbortController();
    const left = ask(name, 'hello', leaving.signal);
    const pid = await loadingPid();
    leaving.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 5000 });
    expect(engine.loaded()).toEqual([]);
    await rm(join(folder, how));
    await expect(ask(name, 'hello')).resolves.toMatchObject(answered('hello'));
  });

  it('and is killed costs who waits for it an error, and the next request gets a new one', async () => {
    const name = await attach('hang');
    const request = ask(name, 'hello');
    request.catch(() => {});
    process.kill(await loadingPid(), 'SIGKILL');
    await expect(request).rejects.toMatchObject({ code: 'RUNNER_CRASHED', message: expect.stringContaining('SIGKILL') as unknown });
    await rm(join(folder, 'hang'));
    await expect(ask(name, 'hello')).resolves.toMatchObject(answered('hello'));
  });

  it('is ended with the engine, and whoever waits is told', async () => {
    const name = await attach('hang');
    const request = ask(name, 'hello');
    request.catch(() => {});
    const pid = await loadingPid();
    await engine[Symbol.asyncDispose]();
    expect(isAlive(pid)).toBe(false);
    await expect(request).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });
});

describe('a runner that is killed in the middle of a stream', () => {
  it('costs that stream an error, and requests that come at once are served by a new one', async () => {
    const name = await attach();
    const tokens: string[] = [];
    const stream = (async () => {
      for await (const event of engine.generate(name, { prompt: 'long' })) if (event.type === 'text') tokens.push(event.token);
    })();
    stream.catch(() => {});
    await vi.waitFor(() => expect(tokens.length).toBeGreaterThan(2));
    const first = engine.loaded()[0]!.pid!;
    process.kill(first, 'SIGKILL');
    await expect(stream).rejects.toMatchObject({ code: 'RUNNER_CRASHED' });
    await expect(ask(name, 'hello')).resolves.toMatchObject(answered('hello'));
    expect(engine.loaded()[0]!.pid).not.toBe(first);
  });

  it('by a forced unload says so, rather than that it crashed', async () => {
    const name = await attach();
    await engine.load(name);
    const request = ask(name, 'deaf');
    request.catch(() => {});
    await vi.waitFor(() => expect(engine.loaded()).toMatchObject([{ active: 1 }]));
    await engine.unload(name, { force: true });
    await expect(request).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });
});

describe('a handler that does not keep its contract', () => {
  it('and loops without end is found and named, and the next request gets a new process', async () => {
    await using watched = createEngine({ ...project.settings, runnerLimits: { loopMs: 1800 } });
    const { name } = await watched.attach(folder);
    const other = watched.answer(name, { prompt: 'deaf' });
    const looping = expect(watched.answer(name, { prompt: 'loop' })).rejects.toMatchObject({ code: 'RUNNER_TIMEOUT', message: expect.stringMatching(/in a loop, in spin \(index\.js:\d+\),/) as unknown, hint: expect.stringContaining('new process') as unknown });
    await expect(other).rejects.toMatchObject({ code: 'RUNNER_TIMEOUT' });
    await looping;
    await expect(watched.answer(name, { prompt: 'hello' })).resolves.toMatchObject(answered('hello'));
  });

  it('and ends without "done" is named, instead of leaving the caller to wait', async () => {
    await expect(ask(await attach(), 'no done')).rejects.toMatchObject({ code: 'INTERNAL', hint: expect.stringContaining('fault of the handler') as unknown });
  });

  it('and goes on after "done" is not listened to', async () => {
    const name = await attach();
    const types: string[] = [];
    for await (const { type } of engine.generate(name, { prompt: 'hello' })) types.push(type);
    expect(types).toEqual(['text', 'done']);
    await expect(ask(name, 'big')).resolves.toMatchObject(answered('é'.repeat(3_000_000)));
  });

  it('and takes no notice of an abort keeps nobody: the caller is let go, others are served', async () => {
    const name = await attach();
    const leaving = new AbortController();
    const left = ask(name, 'deaf', leaving.signal);
    await vi.waitFor(() => expect(engine.loaded()).toMatchObject([{ state: 'ready', active: 1 }]), { timeout: 10_000 });
    leaving.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    await expect(ask(name, 'hello')).resolves.toMatchObject(answered('hello'));
  });

  it('and throws what nobody threw on purpose leaves the stack in the log', async () => {
    await using installed = createEngine(project.settings);
    const { name, folder: home } = await installed.install(folder);
    await expect(installed.answer(name, { prompt: 'bug' })).rejects.toMatchObject({ code: 'INTERNAL', message: 'a bug of the handler' });
    await vi.waitFor(async () => expect(await readFile(join(home, 'logs', 'runner.log'), 'utf8')).toContain('TypeError: a bug of the handler'));
    await installed.unload(name);
    await installed.load(name);
    expect(await readFile(join(home, 'logs', 'runner.previous.log'), 'utf8')).toContain('TypeError: a bug of the handler');
  });
});

it('leaves nothing on a signal that many requests share', async () => {
  const name = await attach();
  const { signal } = new AbortController();
  const added = vi.spyOn(signal, 'addEventListener');
  const removed = vi.spyOn(signal, 'removeEventListener');
  for (let n = 0; n < 3; n++) await ask(name, 'hello', signal);
  expect(added.mock.calls.length).toBeGreaterThan(2);
  const gone = new Set(removed.mock.calls.map(([, listener]) => listener));
  expect(added.mock.calls.filter(([, listener]) => !gone.has(listener))).toEqual([]);
});

it('serves two folders of one name each by a name of its own', async () => {
  const first = await attach();
  const second = join(project.root, 'other', 'model');
  await mkdir(second, { recursive: true });
  await writeFile(join(second, 'test.txt'), '');
  await writeFile(join(second, 'config.json'), '{"model_type": "test"}');
  const { name } = await engine.attach(second);
  expect(name).toBe(`${first}-2`);
  expect((await engine.attach(second)).name).toBe(name);
  expect((await engine.find(first)).installed.path).toBe(folder);
});

describe("isolation 'none'", () => {
  it('ends the work in progress when the model is given back, and its memory with it', async () => {
    const model = await load(folder, { ...project.settings, isolation: 'none' });
    const stream = (async () => {
      for await (const event of model.generate({ prompt: 'long' })) if (event.type === 'text') await wait(0);
    })();
    stream.catch(() => {});
    await wait(50);
    await model[Symbol.asyncDispose]();
    await expect(stream).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    expect(existsSync(join(folder, 'disposed'))).toBe(true);
  });

  it('lets go of a load that takes no notice of being given up, and gives back what it still delivers', async () => {
    await writeFile(join(folder, 'slow'), '');
    await expect(load(folder, { ...project.settings, isolation: 'none', signal: AbortSignal.timeout(100) })).rejects.toMatchObject({ name: 'TimeoutError' });
    await vi.waitFor(() => expect(existsSync(join(folder, 'disposed'))).toBe(true), { timeout: 5000 });
  });
});
