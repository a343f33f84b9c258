import { LlmiError, type GenerateEvent, type GenerateOptions, type GenerateRequest, type LoadedModel, type LoadedModelInfo, type LoadOptions, type ModelInfo } from '@llmi/core';
import { refuseAdapters } from '../load-options.js';
import { defaultParallel } from '../loaded-embedder.js';
import { openReranker } from './open-reranker.js';
import { resolveRerankOptions } from './options.js';
import { rerank, type Reranker } from './rerank.js';
import { readRerankSettings } from './rerank-settings.js';

/** A cross-encoder in memory. */
export class LoadedReranker implements LoadedModel {
  #reranker: Reranker | undefined;

  private constructor(
    readonly info: LoadedModelInfo,
    reranker: Reranker,
    private readonly native: AsyncDisposable,
  ) {
    this.#reranker = reranker;
  }

  /** Loads `model`, whose files are in `folder`. */
  static async load(folder: string, model: ModelInfo, options: LoadOptions = {}): Promise<LoadedReranker> {
    refuseAdapters(options);
    const { info, reranker, native } = await openReranker(folder, model, readRerankSettings(model), options);
    return new LoadedReranker({ ...info, parallel: options.parallel ?? defaultParallel }, reranker, native);
  }

  async *generate(request: GenerateRequest, { signal }: GenerateOptions = {}): AsyncGenerator<GenerateEvent> {
    signal?.throwIfAborted();
    if (!this.#reranker) throw new LlmiError('MODEL_DISPOSED', { message: 'This model was unloaded.', hint: 'Load it again.' });
    yield* rerank(this.#reranker, resolveRerankOptions(request), signal);
  }

  /** Frees the native memory and lets go of the vocabulary, whoever still holds this object. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#reranker = undefined;
    await this.native[Symbol.asyncDispose]();
  }
}
