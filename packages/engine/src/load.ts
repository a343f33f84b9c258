import { homedir } from 'node:os';
import { join } from 'node:path';
import { collectAs, LlmiError, type GenerateEvent, type GenerateRequest, type GenerateResult, type LoadedModelInfo, type ResultOf } from '@llmi/core';
import { parseReference } from '@llmi/hub';
import { createEngine } from './engine.js';
import type { Engine, GenerateCall, InstallEvent } from './contract.js';
import type { Settings } from './settings.js';

/** The settings a program gets when it says nothing: the llmi home and the Hugging Face cache where everybody keeps them. */
export function defaultSettings(overrides: Partial<Settings> = {}): Settings {
  return {
    home: join(homedir(), '.llmi'),
    hub: { endpoint: 'https://huggingface.co', cacheDir: join(homedir(), '.cache', 'huggingface', 'hub') },
    projectDir: process.cwd(),
    preferHandlers: {},
    isolation: 'process',
    parallel: 1,
    maxQueue: 512,
    keepAliveMinutes: 0,
    ...overrides,
  };
}

export interface LoadModelOptions extends Partial<Settings> {
  signal?: AbortSignal;
  /** Progress of the installation, for a model that is not installed yet. */
  onInstall?: (event: InstallEvent) => void;
}

/** A model in memory, for use in a program. `await using` gives its memory back. */
export interface Model extends AsyncDisposable {
  readonly name: string;
  readonly info: LoadedModelInfo;
  /** The events of any request as they come; `done` once, last. */
  generate(request: GenerateRequest, call?: GenerateCall): AsyncIterable<GenerateEvent>;
  /** The whole answer of any request. */
  answer(request: GenerateRequest, call?: GenerateCall): Promise<GenerateResult>;
  generateText(request: GenerateRequest | string, call?: GenerateCall): Promise<ResultOf<'text' | 'multimodal_response'>>;
  generateImage(request: GenerateRequest | string, call?: GenerateCall): Promise<ResultOf<'image'>>;
  embedText(texts: string | string[] | GenerateRequest, call?: GenerateCall): Promise<ResultOf<'embedding'>>;
}

/**
 * Loads a model by hub id, folder or .gguf file, and installs it first when it is not there yet.
 * The handler comes from the packages of the program's project: `npm install @llmi/handler-transformer`.
 * @throws {LlmiError} MODEL_NOT_FOUND, HANDLER_NOT_FOUND, MEMORY_INSUFFICIENT ...
 */
export async function load(reference: string, { signal, onInstall, ...overrides }: LoadModelOptions = {}): Promise<Model> {
  const engine = createEngine(defaultSettings(overrides));
  try {
    const name = await findOrInstall(engine, reference, { signal, onEvent: onInstall });
    const { info } = await engine.load(name, { signal });
    return new EngineModel(engine, name, info!);
  } catch (error) {
    await engine[Symbol.asyncDispose]();
    throw error;
  }
}

async function findOrInstall(engine: Engine, reference: string, options: { signal?: AbortSignal; onEvent?: (event: InstallEvent) => void }): Promise<string> {
  if (parseReference(reference, process.cwd()).kind !== 'hub') return (await engine.attach(reference)).name;
  try {
    return (await engine.find(reference)).name;
  } catch (error) {
    if (!LlmiError.is(error) || error.code !== 'MODEL_NOT_INSTALLED') throw error;
    return (await engine.install(reference, options)).name;
  }
}

class EngineModel implements Model {
  constructor(
    readonly engine: Engine,
    readonly name: string,
    readonly info: LoadedModelInfo,
  ) {}

  generate(request: GenerateRequest, call?: GenerateCall): AsyncIterable<GenerateEvent> {
    return this.engine.generate(this.name, request, call);
  }

  async answer(request: GenerateRequest, call?: GenerateCall): Promise<GenerateResult> {
    return (await this.engine.answer(this.name, request, call)).result;
  }

  generateImage(request: GenerateRequest | string, call?: GenerateCall) {
    return collectAs(this.generate(typeof request === 'string' ? { prompt: request } : request, call), 'image');
  }

  generateText(request: GenerateRequest | string, call?: GenerateCall) {
    return collectAs(this.generate(typeof request === 'string' ? { prompt: request } : request, call), 'text', 'multimodal_response');
  }

  embedText(texts: string | string[] | GenerateRequest, call?: GenerateCall) {
    const request = typeof texts === 'string' ? { texts: [texts] } : Array.isArray(texts) ? { texts } : texts;
    return collectAs(this.generate(request, call), 'embedding');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine[Symbol.asyncDispose]();
  }
}
