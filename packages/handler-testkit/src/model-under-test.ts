import { basename } from 'node:path';
import { modelInfoSchema, type BaseHandler, type GenerateEvent, type GenerateRequest, type LoadedModel, type ModelInfo } from '@llmi/core';
import type { TestModel } from './check.js';
import type { HandlerPackage } from './handler-package.js';
import { readModelFacts } from './model-facts.js';

/** More events than a short answer has: a stream that never ends is noticed. */
const mostEvents = 100_000;

/** One handler with one model. The loaded model is shared by the checks that do it no harm. */
export class ModelUnderTest implements AsyncDisposable {
  #info: Promise<ModelInfo> | undefined;
  #loaded: Promise<{ handler: BaseHandler; model: LoadedModel }> | undefined;

  constructor(
    readonly handlerPackage: HandlerPackage,
    readonly spec: TestModel & { path: string },
  ) {}

  get name(): string {
    return this.spec.name ?? basename(this.spec.path);
  }

  /** What llmi knows of the model before it is loaded. */
  info(): Promise<ModelInfo> {
    return (this.#info ??= readModelFacts(this.spec.path, this.spec.facts));
  }

  /** A handler of its own, for these facts or for others. */
  async create(info?: ModelInfo): Promise<BaseHandler> {
    return this.handlerPackage.definition.create(info ?? structuredClone(await this.info()));
  }

  /** A handler with its model loaded, for all checks. */
  loaded(): Promise<{ handler: BaseHandler; model: LoadedModel }> {
    return (this.#loaded ??= this.load());
  }

  /** A handler with a model loaded for this check alone; it disposes of it. */
  async load(path = this.spec.path): Promise<{ handler: BaseHandler; model: LoadedModel }> {
    const handler = await this.create();
    return { handler, model: await handler.loadModel(path, { ...this.spec.load }) };
  }

  /** The first request, so that its answer can be had again: greedy, with a seed, where the handler knows these. */
  async repeatableRequest(): Promise<GenerateRequest> {
    return this.repeatable(this.spec.requests[0]);
  }

  async repeatable(request: GenerateRequest): Promise<GenerateRequest> {
    const handler = await this.create();
    let fixed = request;
    for (const setting of [{ seed: 7 }, { temperature: 0 }] satisfies GenerateRequest[]) {
      const candidate = { ...setting, ...fixed };
      if (handler.validateInputs(candidate).ok) fixed = candidate;
    }
    return fixed;
  }

  /** The facts as of a model that is `factor` times as large: its files, and what their headers count. */
  async scaledInfo(factor: number): Promise<ModelInfo> {
    const info = structuredClone(await this.info());
    const scaled = <Facts extends { tensorBytes: number; parameterCount: number; bytesByType: Record<string, number> }>(facts: Facts): Facts => ({
      ...facts,
      tensorBytes: facts.tensorBytes * factor,
      parameterCount: facts.parameterCount * factor,
      bytesByType: Object.fromEntries(Object.entries(facts.bytesByType).map(([type, bytes]) => [type, bytes * factor])),
    });
    return modelInfoSchema.parse({
      ...info,
      files: info.files.map((file) => ({ ...file, sizeBytes: file.sizeBytes * factor })),
      ...(info.gguf ? { gguf: scaled(info.gguf) } : {}),
      ...(info.safetensors ? { safetensors: scaled(info.safetensors) } : {}),
    });
  }

  /** Never fails: that disposing works is what the memory checks say. */
  async [Symbol.asyncDispose](): Promise<void> {
    const loaded = this.#loaded;
    this.#loaded = undefined;
    await loaded?.then(({ model }) => model[Symbol.asyncDispose]()).catch(() => undefined);
  }
}

/** Every event of a request, `done` and whatever comes behind it. */
export async function eventsOf(model: LoadedModel, request: GenerateRequest, signal?: AbortSignal): Promise<GenerateEvent[]> {
  const events: GenerateEvent[] = [];
  for await (const event of model.generate(request, { signal })) {
    events.push(event);
    if (events.length > mostEvents) throw new Error(`The stream goes on after ${mostEvents} events.`);
  }
  return events;
}

/** The answer of a request. */
export async function answerOf(model: LoadedModel, request: GenerateRequest): Promise<unknown> {
  const last = (await eventsOf(model, request)).at(-1);
  if (last?.type === 'done') return last.result;
  throw new Error('The stream ended without "done".');
}

/** Cancels a request with its first event; what it rejects with, or undefined when it had nothing more to do. */
export async function cancelAfterFirst(model: LoadedModel, request: GenerateRequest, controller: AbortController): Promise<unknown> {
  try {
    for await (const _event of model.generate(request, { signal: controller.signal })) controller.abort();
    return undefined;
  } catch (error) {
    return error;
  }
}
