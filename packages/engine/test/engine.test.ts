import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LlmiError } from '@llmi/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEngine, defaultSettings, load, type AnsweredEvent, type Engine, type Settings } from '../dist/index.js';

const core = dirname(dirname(fileURLToPath(import.meta.resolve('@llmi/core'))));

/** A handler whose models say `n` every 20 ms, and do what their prompt says: crash, hang, fail. */
const handlerSource = `
import { BaseHandler, defineHandler, doneEvent, LlmiError, modelRequirementsSchema } from '@llmi/core';
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
class SlowHandler extends BaseHandler {
  getDependencies() { return []; }
  getSystemDependencies() { return []; }
  async analyze() {
    const memory = this.model.files.some(({ path }) => path === 'huge') ? 1e6 : 0.01;
    return modelRequirementsSchema.parse({ modelType: 'slow', modelFamily: 'slow', primaryLibrary: 'none', diskBytes: 1,
      memoryRequirements: { min: memory, recommended: memory, gpuMin: 0, gpuRecommended: 0 } });
  }
  getInferenceParams() { return { maxTokens: 5 }; }
  getTrainingParams() { return {}; }
  async validateModelFiles() { return { ok: true }; }
  getModelCapabilities() { return { ...super.getModelCapabilities(), tasks: ['text-generation'] }; }
  async loadModel() {
    if (this.model.files.some(({ path }) => path === 'unloadable')) throw new LlmiError('MODEL_FILE_CORRUPT', { message: 'Bad weights.', hint: 'Get better ones.' });
    return {
      info: { device: 'cpu', parallel: 2 },
      generate: (request, { signal } = {}) => this.count(this.resolveRequest(request), signal),
      async [Symbol.asyncDispose]() {},
    };
  }
  async *count({ prompt, maxTokens }, signal) {
    if (prompt === 'fail') throw new LlmiError('CONTEXT_LENGTH_EXCEEDED', { message: 'Too long.', hint: 'Shorten it.' });
    if (prompt === 'exit') process.exit(7);
    let text = '';
    for (let n = 0; n < maxTokens; n++) {
      await sleep(20);
      signal?.throwIfAborted();
      text += n;
      yield { type: 'text', token: String(n) };
    }
    const environment = prompt === 'environment' ? Object.keys(process.env).join() : '';
    yield doneEvent({ type: 'text', text: text + environment, finishReason: 'length', usage: { promptTokens: 1, completionTokens: maxTokens, totalTokens: maxTokens + 1 } }, { decode: 1 });
  }
}
export default defineHandler({ name: 'slow', create: (model) => new SlowHandler(model) });
`;

let root: string;
let engine: Engine;
let settings: Settings;

const at = (model: string) => join(root, 'project', model);

async function write(file: string, content: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'llmi-engine-'));
  const handler = join(root, 'project/node_modules/llmi-handler-slow');
  const manifest = { name: 'slow', entry: './index.js', tasks: ['text-generation'], match: { files: ['slow.txt'] } };
  await write(join(handler, 'package.json'), JSON.stringify({ name: 'llmi-handler-slow', version: '1.0.0', type: 'module', llmi: { apiVersion: 1, handlers: [manifest] } }));
  await write(join(handler, 'index.js'), handlerSource);
  await mkdir(join(root, 'project/node_modules/@llmi'), { recursive: true });
  await symlink(core, join(root, 'project/node_modules/@llmi/core'), 'junction');
  for (const [model, file] of [['model'], ['huge', 'huge'], ['broken', 'unloadable']] as const) {
    await write(join(root, 'project', model, 'slow.txt'), 'x');
    await write(join(root, 'project', model, 'config.json'), '{"model_type": "slow"}');
    if (file) await write(join(root, 'project', model, file), 'x');
  }
  settings = defaultSettings({ home: join(root, 'home'), projectDir: join(root, 'project'), hub: { endpoint: 'http://127.0.0.1:9', cacheDir: join(root, 'cache') } });
  engine = createEngine(settings);
});
afterEach(async () => {
  await engine[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

async function collect(events: AsyncIterable<AnsweredEvent>): Promise<AnsweredEvent[]> {
  const all: AnsweredEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const alive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('a model in a runner', () => {
  it('streams events in order, "done" once and last, with who answered and how long it took', async () => {
    const { name } = await engine.attach(at('model'));
    const events = await collect(engine.generate(name, { prompt: 'go' }));
    expect(events.map(({ type }) => type)).toEqual(['text', 'text', 'text', 'text', 'text', 'done']);
    expect(events.at(-1)).toMatchObject({
      fullText: '01234',
      envelope: { model: { id: name, handler: 'slow', handlerVersion: '1.0.0' }, timing: { queue: expect.any(Number) as unknown, load: expect.any(Number) as unknown, decode: 1 } },
    });
    expect(engine.loaded()).toMatchObject([{ name, state: 'ready', active: 0, pid: expect.any(Number) as unknown, memoryBytes: expect.any(Number) as unknown }]);
  });

  it('passes on the error that the handler threw', async () => {
    const { name } = await engine.attach(at('model'));
    await expect(engine.answer(name, { prompt: 'fail' })).rejects.toMatchObject({ code: 'CONTEXT_LENGTH_EXCEEDED', hint: 'Shorten it.' });
    await expect(engine.answer(name, { prompt: 'go' })).resolves.toMatchObject({ result: { text: '01234' } });
  });

  it.each(['SIGKILL', 'SIGABRT', 'SIGSEGV'] as const)('ended by %s costs its stream an error, and the next request gets a new process', async (signal) => {
    const { name } = await engine.attach(at('model'));
    const seen: string[] = [];
    const stream = (async () => {
      for await (const event of engine.generate(name, { prompt: 'go', maxTokens: 1000 })) {
        seen.push(event.type);
        if (seen.length === 2) process.kill(engine.loaded()[0]!.pid!, signal);
      }
    })();
    await expect(stream).rejects.toMatchObject({ code: 'RUNNER_CRASHED', message: expect.stringContaining(signal) as unknown });
    expect(seen.length).toBeGreaterThanOrEqual(2);
    await expect(engine.answer(name, { prompt: 'go' })).resolves.toMatchObject({ result: { text: '01234' } });
  });

  it('that ends by itself is reported with its exit code', async () => {
    const { name } = await engine.attach(at('model'));
    await expect(engine.answer(name, { prompt: 'exit' })).rejects.toMatchObject({ code: 'RUNNER_CRASHED', message: expect.stringContaining('exit code 7') as unknown });
  });

  it('stops working when the caller leaves, by signal or by ending the loop', async () => {
    const { name } = await engine.attach(at('model'));
    const leaving = new AbortController();
    const stream = collect(engine.generate(name, { prompt: 'go', maxTokens: 1000 }, { signal: leaving.signal }));
    setTimeout(() => leaving.abort(new Error('left')), 100);
    await expect(stream).rejects.toThrow('left');
    for await (const event of engine.generate(name, { prompt: 'go', maxTokens: 1000 })) if (event.type === 'text') break;
    expect(engine.loaded()[0]).toMatchObject({ active: 0, waiting: 0 });
  });

  it('says why it could not be loaded', async () => {
    const { name } = await engine.attach(at('broken'));
    await expect(engine.answer(name, { prompt: 'go' })).rejects.toMatchObject({ code: 'MODEL_FILE_CORRUPT', hint: 'Get better ones.' });
    expect(engine.loaded()).toEqual([]);
  });

  it('is refused when it cannot fit, before a process is started', async () => {
    const { name } = await engine.attach(at('huge'));
    await expect(engine.answer(name, { prompt: 'go' })).rejects.toMatchObject({ code: 'MEMORY_INSUFFICIENT', status: 507 });
  });

  it('knows no secrets of the environment', async () => {
    process.env.HF_TOKEN = 'hf_secret';
    try {
      const { name } = await engine.attach(at('model'));
      const { result } = await engine.answer(name, { prompt: 'environment' });
      expect(result).toMatchObject({ text: expect.stringContaining('UV_THREADPOOL_SIZE') as unknown });
      expect(JSON.stringify(result)).not.toContain('HF_TOKEN');
    } finally {
      delete process.env.HF_TOKEN;
    }
  });

  it('ends with the engine, and on unload', async () => {
    const { name } = await engine.attach(at('model'));
    const { pid } = await engine.load(name);
    expect(alive(pid!)).toBe(true);
    expect(await engine.unload(name)).toBe(true);
    expect(alive(pid!)).toBe(false);
    const second = await engine.load(name);
    await engine[Symbol.asyncDispose]();
    expect(alive(second.pid!)).toBe(false);
  });
});

describe('requests', () => {
  it.each([
    [{ prompt: 'go', mode: 'dance' }, 'MODE_UNSUPPORTED', 'mode'],
    [{ prompt: 'go', task: 'dance' }, 'TASK_UNSUPPORTED', 'task'],
    [{ prompt: 'go', temperature: 7 }, 'INPUT_INVALID', 'temperature'],
    [{ prompt: 'go', colour: 'red' }, 'INPUT_INVALID', 'colour'],
  ])('refuses %j before anything is loaded', async (request, code, param) => {
    const { name } = await engine.attach(at('model'));
    await expect(engine.answer(name, request as never)).rejects.toMatchObject({ code, param });
    expect(engine.loaded()).toEqual([]);
  });

  it('never serves another model for a wrong name', async () => {
    await engine.attach(at('model'), 'counter');
    await expect(engine.answer('countr', { prompt: 'go' })).rejects.toMatchObject({ code: 'MODEL_NOT_INSTALLED', status: 404, hint: 'Did you mean "counter"?' });
  });
});

describe('installing from a folder', () => {
  it('writes the model folder, finds it again, serves it, and takes it away without touching the files', async () => {
    const events: string[] = [];
    const installed = await engine.install(at('model'), { onEvent: ({ type }) => events.push(type) });
    expect(events).toEqual(['check', 'validate', 'done']);
    expect(await readFile(join(installed.folder, 'start.sh'), 'utf8')).toContain('serve .');
    const { models } = await createEngine(settings).list();
    expect(models.map(({ name }) => name)).toEqual([installed.name]);
    await expect(engine.answer(installed.name, { prompt: 'go' })).resolves.toMatchObject({ result: { text: '01234' } });
    await engine.remove(installed.name);
    expect((await engine.list()).models).toEqual([]);
    expect(await readFile(join(root, 'project/model/slow.txt'), 'utf8')).toBe('x');
  });

  it('refuses what does not fit, and leaves nothing behind', async () => {
    await expect(engine.install(at('huge'))).rejects.toMatchObject({ code: 'MEMORY_INSUFFICIENT', exitCode: 4 });
    expect(await engine.list()).toEqual({ models: [], broken: [] });
  });
});

describe('load', () => {
  it.each(['process', 'none'] as const)('gives a program a model, isolation %s', async (isolation) => {
    await using model = await load(join(root, 'project/model'), { ...settings, isolation });
    expect(await model.generateText('go')).toMatchObject({ text: '01234' });
    await expect(model.embedText('go')).rejects.toSatisfy(LlmiError.is);
  });
});
