import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createEngine, type Engine } from '../dist/index.js';
import { makeTestProject } from './helpers/test-project.js';

/** Says which process answers, until a file tells it to end. */
const body = `
  async loadModel(path, { threads }) {
    return { info: { device: 'cpu', parallel: 1, threads }, generate: (request, options) => this.say(path, request, options), async [Symbol.asyncDispose]() {} };
  }
  async *say(path, { prompt }, { signal } = {}) {
    yield { type: 'text', token: String(process.pid) };
    while (prompt === 'long' && !readdirSync(path).includes('end')) { await sleep(5); signal?.throwIfAborted(); }
    yield answer(String(process.pid));
  }
`;

let project: Awaited<ReturnType<typeof makeTestProject>>;
let engine: Engine;
let folder: string;
let name: string;
beforeEach(async () => {
  project = await makeTestProject(body, { match: { files: ['test.txt'] } });
  folder = join(project.root, 'model');
  await mkdir(folder);
  await writeFile(join(folder, 'test.txt'), '');
  await writeFile(join(folder, 'config.json'), '{"model_type": "test"}');
  engine = createEngine({ ...project.settings, replicas: { model: 2, 'not/installed': 3 } });
  ({ name } = await engine.attach(folder, 'model'));
});
afterEach(async () => {
  await engine[Symbol.asyncDispose]();
  await project[Symbol.asyncDispose]();
});

async function begin(): Promise<{ pid: number; rest: Promise<string> }> {
  const events = engine.generate(name, { prompt: 'long' })[Symbol.asyncIterator]();
  const { value } = await events.next();
  const rest = events.next().then(({ value: last }) => (last?.type === 'done' ? last.result.type : 'no end'));
  rest.catch(() => {}); // looked at later
  return { pid: Number(value.token), rest };
}
const replicas = () => engine.loaded()[0]?.replicas ?? [];
const bothRun = () => vi.waitFor(() => expect(replicas()).toHaveLength(2), { timeout: 10_000 });

describe('a model in several processes', () => {
  it('works on as many requests, and one that is killed costs its own stream only', async () => {
    const first = await begin();
    await bothRun();
    const second = await begin(); // with one place each, it goes to the other one
    expect(replicas().map(({ pid, active }) => [pid, active])).toEqual([[first.pid, 1], [second.pid, 1]]);
    expect(engine.loaded()[0]).toMatchObject({ active: 2, info: { parallel: 2 }, replicas: [{ memoryBytes: expect.any(Number) as number }, {}] });
    const waiting = engine.answer(name, { prompt: 'short' });
    process.kill(first.pid, 'SIGKILL');
    await expect(first.rest).rejects.toMatchObject({ code: 'RUNNER_CRASHED' });
    const { result } = await waiting; // by the process that came instead
    expect(Number((result as { text: string }).text)).not.toBe(second.pid);
    await bothRun();
    expect(replicas().map(({ pid }) => pid)).not.toContain(first.pid);
    await writeFile(join(folder, 'end'), '');
    await expect(second.rest).resolves.toBe('text');
  });

  it('leaves memory as a whole', async () => {
    await engine.load(name);
    await bothRun();
    const pids = replicas().map(({ pid }) => pid!);
    await engine.unload(name);
    expect(engine.loaded()).toEqual([]);
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});
