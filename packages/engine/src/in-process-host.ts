import { LlmiError, type GenerateEvent, type GenerateRequest, type HandlerDefinition, type LoadedModel, type LoadedModelInfo } from '@llmi/core';
import type { ModelHost } from './model-host.js';
import { raceAbort } from './race-abort.js';
import type { LoadOrder } from './runner/protocol.js';

/**
 * Loads a model into this process: no isolation, no start of a process. A handler that takes no notice of an abort keeps nobody
 * waiting; what it still delivers is given back.
 */
export async function loadInProcess(definition: HandlerDefinition, order: LoadOrder, options: { signal?: AbortSignal }): Promise<ModelHost> {
  options.signal?.throwIfAborted();
  const loading = definition.create(order.model).loadModel(order.path, { ...order.options, signal: options.signal });
  try {
    return new InProcessHost(order.model.id, await raceAbort(loading, options.signal));
  } catch (error) {
    if (options.signal?.aborted) loading.then((model) => model[Symbol.asyncDispose]()).catch(() => {}); // nobody is left to tell
    throw error;
  }
}

/** A model in this process. */
export class InProcessHost implements ModelHost {
  readonly pid = undefined;
  readonly memoryBytes = undefined;
  readonly gone: Promise<undefined>;
  readonly #running = new Set<AbortController>();
  #leave!: (nothing: undefined) => void;
  #disposal: Promise<void> | undefined;

  constructor(
    readonly modelId: string,
    readonly model: LoadedModel,
  ) {
    this.gone = new Promise((resolve) => (this.#leave = resolve));
  }

  get info(): LoadedModelInfo {
    return this.model.info;
  }

  get ended(): boolean {
    return this.#disposal !== undefined;
  }

  async *generate(request: GenerateRequest, { signal }: { signal?: AbortSignal }): AsyncIterable<GenerateEvent> {
    signal?.throwIfAborted();
    const controller = new AbortController();
    const abort = () => controller.abort(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    this.#running.add(controller);
    try {
      yield* this.model.generate(request, { signal: controller.signal });
    } finally {
      this.#running.delete(controller);
      signal?.removeEventListener('abort', abort);
    }
  }

  kill(): void {
    const reason = new LlmiError('SHUTTING_DOWN', { message: `${this.modelId} was unloaded.`, hint: 'Send the request again.' });
    for (const controller of this.#running) controller.abort(reason);
    this[Symbol.asyncDispose]().catch(() => {}); // `gone` says when it is over; how well does not matter to who kills
  }

  [Symbol.asyncDispose](): Promise<void> {
    return (this.#disposal ??= this.#dispose());
  }

  async #dispose(): Promise<void> {
    try {
      await this.model[Symbol.asyncDispose]();
    } finally {
      this.#leave(undefined);
    }
  }
}
