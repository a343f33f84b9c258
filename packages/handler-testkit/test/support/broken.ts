import { join } from 'node:path';
import { defineHandler, doneEvent, type GenerateEvent, type GenerateRequest, type LoadedModel, type ModelInfo, type ModelRequirements } from '@llmi/core';
import { checkHandler, type ConformanceReport } from '../../src/index.js';
import { SoundHandler, SoundModel, writePackage } from './sound-handler.js';

export type HandlerClass = new (model: ModelInfo) => SoundHandler;
type ModelClass = new (...inputs: ConstructorParameters<typeof SoundModel>) => LoadedModel;

/** Runs the suite on a handler, in a package where some files may be replaced. */
export async function reportOf(Handler: HandlerClass = SoundHandler, changes: Parameters<typeof writePackage>[0] = {}, timeoutMs = 8_000): Promise<ConformanceReport> {
  const { folder, remove } = writePackage(changes);
  try {
    return await checkHandler(defineHandler({ name: 'sound', create: (model) => new Handler(model) }), {
      packageFolder: folder,
      timeoutMs,
      models: [{ path: join(folder, 'model'), requests: [{ prompt: 'the' }], longRequest: { prompt: 'the', maxTokens: 20 } }],
    });
  } finally {
    remove();
  }
}

/** Names of the checks that a handler fails. */
export async function failedChecks(...subject: Parameters<typeof reportOf>): Promise<string[]> {
  return (await reportOf(...subject)).failures.map(({ name }) => name);
}

/** The sound handler with some methods replaced, by anything. */
export function withMethods(methods: Partial<Record<keyof SoundHandler, unknown>>): HandlerClass {
  class Changed extends SoundHandler {}
  for (const [name, value] of Object.entries(methods)) Object.defineProperty(Changed.prototype, name, { value, writable: true });
  return Changed;
}

/** With a loaded model of this class. */
export function withModel(Model: ModelClass): HandlerClass {
  return class extends SoundHandler {
    protected override makeModel(words: string[]): LoadedModel {
      return new Model(this, words);
    }
  };
}

/** With something done to the events of every answer. */
export function withEvents(change: (events: AsyncGenerator<GenerateEvent>) => AsyncGenerator<GenerateEvent>): HandlerClass {
  return withModel(
    class extends SoundModel {
      protected override say(request: GenerateRequest, signal?: AbortSignal): AsyncGenerator<GenerateEvent> {
        return change(super.say(request, signal));
      }
    },
  );
}

/** With answers changed to what they should not be. */
export function withResult(change: (result: object) => object): HandlerClass {
  return withEvents(async function* (events) {
    for await (const event of events) yield event.type === 'done' ? doneEvent(change({ ...event.result }) as typeof event.result) : event;
  });
}

/** With other words than those of the file, or another way to read them. */
export function withWords(read: (words: () => Promise<string[]>) => Promise<string[]>): HandlerClass {
  return class extends SoundHandler {
    protected override readWords(path: string): Promise<string[]> {
      return read(() => super.readWords(path));
    }
  };
}

/** With something done to its requirements. */
export function withAnalysis(change: (requirements: ModelRequirements) => void): HandlerClass {
  return class extends SoundHandler {
    override async analyze(): Promise<ModelRequirements> {
      const requirements = await super.analyze();
      change(requirements);
      return requirements;
    }
  };
}
