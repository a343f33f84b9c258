import { HandlerRegistry, LlmiError, modelInfoSchema, modelRequirementsSchema, type GenerateEvent, type GenerateRequest } from '@llmi/core';
import type { AnsweredEvent, CheckReport, Engine, GenerateCall, InstallOptions, ModelDescription, ServedModel } from '@llmi/engine';

export const installedName = 'tiny/talker';

const info = modelInfoSchema.parse({ id: installedName, source: 'hub', revision: 'abc123', pipelineTag: 'text-generation', files: [{ path: 'model-Q8_0.gguf', sizeBytes: 4_000_000 }], chosenFiles: ['model-Q8_0.gguf'], quantization: 'Q8_0' });
const requirements = modelRequirementsSchema.parse({
  modelType: 'llama',
  modelFamily: 'llama',
  primaryLibrary: 'node-llama-cpp',
  memoryRequirements: { min: 0.1, recommended: 0.2, gpuMin: 0.1, gpuRecommended: 0.2 },
  memoryParts: [{ name: 'weights', bytes: 4_000_000, derivation: 'the tensors of model-Q8_0.gguf' }],
  diskBytes: 4_000_000,
  parameterCount: 4_000_000,
  parameterSource: 'gguf',
});

export const servedModel: ServedModel = {
  name: installedName,
  temporary: false,
  installed: {
    name: installedName,
    id: installedName,
    revision: 'abc123',
    source: 'hub',
    path: '/cache/snapshot',
    folder: '/home/models/tiny--talker',
    handler: { package: '@llmi/handler-transformer', name: 'transformer', version: '0.1.0' },
    info,
    requirements,
    files: info.files,
    sizeBytes: 4_000_000,
    installedAt: '2025-01-01T00:00:00.000Z',
    settings: {},
  },
};

const description: ModelDescription = {
  installed: servedModel.installed,
  capabilities: {
    supportsStreaming: true,
    supportsSystemPrompt: true,
    supportsMultimodal: false,
    supportsTools: false,
    supportsReasoning: false,
    inputModalities: ['text'],
    outputModalities: ['text'],
    tasks: ['text-generation'],
    supportedModes: ['auto', 'chat'],
  },
  modes: { auto: 'Chooses.', chat: 'A conversation.' },
  tasks: ['text-generation'],
  inferenceParams: { temperature: 0.7, topP: 0.9 },
};

export const report: CheckReport = {
  model: info,
  handler: { name: 'transformer', package: '@llmi/handler-transformer', version: '0.1.0' },
  ranking: [
    { handler: 'transformer', package: '@llmi/handler-transformer', taken: true, specificity: 5, priority: 50, reasons: [{ kind: 'modelTypes', pattern: 'llama', value: 'llama', explanation: 'model type llama fits "llama"' }] },
    { handler: 'embedding', package: '@llmi/handler-embedding', taken: false, specificity: 0, priority: 50, reasons: [] },
  ],
  choice: { format: 'gguf', quantization: 'Q8_0', files: ['model-Q8_0.gguf'], sizeBytes: 4_000_000, reason: 'it is the only one there is', alternatives: [{ name: 'Q4_K_M', diskBytes: 2_500_000, memoryBytes: 3_000_000, files: ['model-Q4_K_M.gguf'] }] },
  requirements,
  capabilities: description.capabilities,
  quantizations: [],
  machine: { platform: 'linux', arch: 'x64', cpuModel: 'a processor', cores: 2, memoryTotalBytes: 8e9, memoryFreeBytes: 4e9, diskFreeBytes: 1e11, nodeVersion: '20.19.0', gpus: [] },
  verdict: { fits: true, tight: false, reason: 'It needs 0.20 GB of memory; 4.00 GB are free.' },
  notes: {},
};

const usage = { promptTokens: 3, completionTokens: 2, totalTokens: 5 };
const envelope = { model: { id: installedName, revision: 'abc123', handler: 'transformer', handlerVersion: '0.1.0' }, timing: { queue: 0, load: 1 } };

/** The events of a text answer, as an engine gives them. */
export function textEvents(...tokens: string[]): AnsweredEvent[] {
  const text = tokens.join('');
  return [...tokens.map((token) => ({ type: 'text' as const, token })), { type: 'done', fullText: text, usage, result: { type: 'text', text, finishReason: 'stop', usage }, envelope }];
}

export function doneWith(result: Extract<GenerateEvent, { type: 'done' }>['result']): AnsweredEvent {
  return { type: 'done', result, envelope };
}

export interface FakeEngine extends Engine {
  /** Requests that came, as they came. */
  asked: GenerateRequest[];
  disposed: number;
}

type Parts = Partial<Engine> & { answers?: (request: GenerateRequest, call: GenerateCall) => AsyncIterable<AnsweredEvent> | AnsweredEvent[] };

/** An engine with one model; `parts` replaces what a test is about. */
export function fakeEngine({ answers = () => textEvents('Hello', ' there'), ...parts }: Parts = {}): FakeEngine {
  const asked: GenerateRequest[] = [];
  const unused = () => Promise.reject(new Error('not used in this test'));
  const engine: FakeEngine = {
    asked,
    disposed: 0,
    settings: { home: '/home', hub: { endpoint: 'http://127.0.0.1', cacheDir: '/cache' }, preferHandlers: {}, isolation: 'process', parallel: 1, maxQueue: 1, keepAliveMinutes: 5 },
    registry: async () => new HandlerRegistry(),
    machine: async () => report.machine,
    check: async () => report,
    install: async (_reference: string, { onEvent = () => {} }: InstallOptions = {}) => {
      onEvent({ type: 'check', report });
      onEvent({ type: 'download', progress: { file: 'model-Q8_0.gguf', fileBytes: 4_000_000, fileTotalBytes: 4_000_000, fileBytesPerSecond: 1_000_000, bytes: 4_000_000, totalBytes: 4_000_000, bytesPerSecond: 1_000_000, secondsLeft: 0 } });
      onEvent({ type: 'validate' });
      onEvent({ type: 'done', model: servedModel.installed, alreadyInstalled: false });
      return servedModel.installed;
    },
    list: async () => ({ models: [servedModel.installed], broken: [] }),
    installProject: unused,
    convert: unused,
    trainConfig: unused,
    remove: async () => ({ freedBytes: 4_000_000, kept: [] }),
    update: unused,
    fix: unused,
    doctor: async () => [{ name: 'Node.js', status: 'ok', detail: '20.19.0' }],
    attach: unused,
    models: async () => [servedModel],
    find: async (name) => {
      if (name === installedName) return servedModel;
      throw new LlmiError('MODEL_NOT_INSTALLED', { message: `The model "${name}" is not installed.`, hint: `Install it with: llmi install ${name}.` });
    },
    describe: async () => description,
    validate: async () => {},
    async *generate(_name, request, call = {}) {
      asked.push(request);
      yield* answers(request, call);
    },
    answer: unused,
    load: unused,
    unload: async () => true,
    loaded: () => [],
    async [Symbol.asyncDispose]() {
      engine.disposed++;
    },
    ...parts,
  };
  return engine;
}
