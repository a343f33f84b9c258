import { setTimeout as sleep } from 'node:timers/promises';
import { doneEvent, generateRequestSchema, LlmiError, nearest, parseInput, type GenerateEvent, type GenerateRequest, type GenerateResult } from '@llmi/core';
import type { AnsweredEvent, Engine, LoadedModelStatus, ServedModel } from '@llmi/engine';

type Behaviour = (request: GenerateRequest, signal: AbortSignal) => AsyncIterable<GenerateEvent>;

export interface FakeEngineOptions {
  models?: string[];
  parallel?: number;
  /** What the models do; default: say the prompt's words back. */
  behaviour?: Behaviour;
}

export interface FakeEngine extends Engine {
  /** What was asked to be installed and removed. */
  readonly installs: string[];
  readonly removals: string[];
  /** Requests as the engine saw them. */
  readonly requests: GenerateRequest[];
  /** Reasons of the calls that were aborted, in order. */
  readonly aborts: unknown[];
  /** Calls in work. */
  active: number;
  behave(behaviour: Behaviour): void;
}

/** An engine without models: it answers at once, keeps what it was asked, and notes each abort. */
export function fakeEngine({ models = ['org/one'], parallel = 2, behaviour = echoWords }: FakeEngineOptions = {}): FakeEngine {
  const served = models.map(servedModel);
  const loaded = new Set<string>();
  let behave = behaviour;
  const refuse = () => {
    throw new Error('the server has no business here');
  };

  const engine: FakeEngine = {
    settings: { home: '/srv/llmi home', hub: { endpoint: 'http://127.0.0.1:1', cacheDir: '/srv/cache/hub' }, preferHandlers: {}, isolation: 'process', parallel, maxQueue: 8, keepAliveMinutes: 5 },
    requests: [],
    aborts: [],
    installs: [],
    removals: [],
    active: 0,
    behave: (next) => (behave = next),
    models: async () => served,
    find: async (name) => {
      const model = served.find((candidate) => candidate.name === name);
      if (model) return model;
      const near = nearest(name, models);
      throw new LlmiError('MODEL_NOT_INSTALLED', { message: `"${name}" is not installed.`, hint: near ? `Did you mean "${near}"?` : 'llmi list shows what is.', param: 'model' });
    },
    describe: async (name) => ({
      installed: (await engine.find(name)).installed,
      capabilities: {
        supportsStreaming: true,
        supportsSystemPrompt: true,
        supportsMultimodal: false,
        supportsTools: false,
        supportsReasoning: false,
        maxContextLength: 512,
        inputModalities: ['text'],
        outputModalities: ['text'],
        tasks: ['text-generation'],
        supportedModes: ['auto', 'chat', 'complete'],
      },
      modes: { auto: 'Chooses.', chat: 'Talks.', complete: 'Goes on.' },
      tasks: ['text-generation'],
      inferenceParams: {},
    }),
    validate: async (_name, request) => void parseInput(generateRequestSchema, request),
    async *generate(name, request, { signal = new AbortController().signal } = {}) {
      await engine.find(name);
      engine.requests.push(request);
      loaded.add(name);
      engine.active += 1;
      signal.addEventListener('abort', () => engine.aborts.push(signal.reason), { once: true });
      try {
        for await (const event of behave(parseInput(generateRequestSchema, request), signal)) yield withEnvelope(name, event);
      } finally {
        engine.active -= 1;
      }
    },
    answer: async (name, request, call) => {
      for await (const event of engine.generate(name, request, call)) {
        if (event.type === 'done') return { result: event.result, envelope: event.envelope };
      }
      throw new LlmiError('INTERNAL', { message: 'no done' });
    },
    load: async (name) => {
      loaded.add(name);
      return status(name);
    },
    unload: async (name) => loaded.delete(name),
    loaded: () => [...loaded].map(status),
    registry: refuse,
    machine: refuse,
    check: refuse,
    install: async (reference, { onEvent = () => {} } = {}) => {
      engine.installs.push(reference);
      const { installed } = servedModel(reference);
      if (reference.startsWith('org/missing')) throw new LlmiError('MODEL_NOT_FOUND', { message: 'There is no such model.', hint: 'Look at its name.' });
      onEvent({ type: 'download', progress: { file: 'w.gguf', fileBytes: 5, fileTotalBytes: 10, fileBytesPerSecond: 1, bytes: 5, totalBytes: 10, bytesPerSecond: 1 } });
      onEvent({ type: 'validate' });
      onEvent({ type: 'done', model: installed, alreadyInstalled: false });
      return installed;
    },
    installProject: refuse,
    convert: refuse,
    trainConfig: refuse,
    list: refuse,
    remove: async (name) => {
      engine.removals.push(name);
      return { freedBytes: 1000, kept: [] };
    },
    update: refuse,
    fix: refuse,
    doctor: refuse,
    attach: refuse,
    [Symbol.asyncDispose]: async () => {},
  };
  return engine;
}

/** Each word of the prompt, or of the last message, as a token. */
async function* echoWords(request: GenerateRequest): AsyncIterable<GenerateEvent> {
  const last = request.messages?.at(-1)?.content;
  const text = request.prompt ?? (typeof last === 'string' ? last : JSON.stringify(last ?? ''));
  for (const token of text.split(/(?<= )/)) yield { type: 'text', token };
  yield doneEvent(textResult(text, request));
}

export function textResult(text: string, request: GenerateRequest = {}): GenerateResult {
  const completionTokens = text.split(' ').length;
  return {
    type: 'text',
    text,
    finishReason: 'stop',
    usage: { promptTokens: 5, completionTokens, totalTokens: 5 + completionTokens, cachedTokens: 2 },
    seed: request.seed ?? 7,
  };
}

/** One token, then silence until it is told to stop. */
export async function* hang(_request: GenerateRequest, signal: AbortSignal): AsyncIterable<GenerateEvent> {
  yield { type: 'text', token: 'one' };
  await silence(signal);
}

/** Not even one token. */
export async function* hangAtOnce(_request: GenerateRequest, signal: AbortSignal): AsyncIterable<GenerateEvent> {
  await silence(signal);
  yield { type: 'text', token: 'never' };
}

/** Fails before its first event. */
export function failing(error: Error): Behaviour {
  return () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }) });
}

async function silence(signal: AbortSignal): Promise<never> {
  for (;;) {
    await sleep(5);
    signal.throwIfAborted();
  }
}

function withEnvelope(name: string, event: GenerateEvent): AnsweredEvent {
  if (event.type !== 'done') return event;
  return { ...event, envelope: { model: { id: name, revision: 'c0ffee', handler: 'fake', handlerVersion: '1.2.3' }, timing: { queue: 0, load: 1, ...event.timing } } };
}

function status(name: string): LoadedModelStatus {
  const at = '2026-01-02T03:04:05.000Z';
  return { name, state: 'ready', pinned: false, pid: 4711, loadedAt: at, lastUsedAt: at, active: 0, waiting: 0, memoryBytes: 1e8, info: { device: 'cpu', dtype: 'Q8_0', contextLength: 512, parallel: 2 } };
}

function servedModel(name: string): ServedModel {
  const installed = {
    name,
    id: name,
    revision: 'c0ffee',
    source: 'hub',
    path: `/srv/cache/hub/${name}`,
    folder: `/srv/llmi home/models/${name}`,
    handler: { package: '@llmi/handler-fake', name: 'fake', version: '1.2.3' },
    info: { id: name, source: 'hub', architectures: [], tags: [], files: [], chosenFiles: [], formats: ['gguf'], quantization: 'Q8_0', json: {}, text: {} },
    requirements: {
      modelType: 'llama',
      modelFamily: 'llama',
      primaryLibrary: 'node-llama-cpp',
      baseDependencies: [],
      specialDependencies: [],
      optionalDependencies: [],
      systemDependencies: [],
      memoryRequirements: { min: 0.1, recommended: 0.2, gpuMin: 0, gpuRecommended: 0 },
      memoryParts: [],
      diskBytes: 1000,
      parameterSource: 'gguf',
    },
    files: [],
    sizeBytes: 1000,
    installedAt: '2026-01-02T03:04:05.000Z',
    settings: {},
  } satisfies ServedModel['installed'];
  return { name, installed, temporary: false };
}
