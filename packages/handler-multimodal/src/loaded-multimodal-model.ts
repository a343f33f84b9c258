import { TemplateRenderer } from '@llmi/chat-template';
import { doneEvent, LlmiError, type GenerateEvent, type GenerateOptions, type GenerateRequest, type LoadedModel, type LoadedModelInfo, type LoadOptions, type ModelInfo } from '@llmi/core';
import { TextTokenizer } from '@llmi/runtime-transformers';
import { answer, type MultimodalModel } from './answer.js';
import { readMultimodalConfig, usualTemplate } from './multimodal-config.js';
import { MultimodalGraphs } from './multimodal-graphs.js';
import { checkRequest } from './resolve-request.js';

/** Requests that take turns on the graphs, step by step. */
const defaultParallel = 4;

/** A vision-language model in memory. */
export class LoadedMultimodalModel implements LoadedModel {
  readonly info: LoadedModelInfo;
  #model: MultimodalModel | undefined;

  private constructor(model: MultimodalModel, parallel: number) {
    this.#model = model;
    const { contextLength } = model.config;
    this.info = { ...model.graphs.info, parallel, ...(contextLength === undefined ? {} : { contextLength }) };
  }

  /** Loads `model`, whose files are in `folder`. */
  static async load(folder: string, model: ModelInfo, options: LoadOptions = {}): Promise<LoadedMultimodalModel> {
    const { device, threads, signal, onProgress } = options;
    const tokenizer = await TextTokenizer.load(folder);
    const config = await readMultimodalConfig(model, folder, tokenizer);
    onProgress?.({ stage: 'weights' });
    const graphs = await MultimodalGraphs.load(folder, model, config.json, { device, threads, signal, dtype: options.quantization ?? options.dtype });
    return new LoadedMultimodalModel({ graphs, tokenizer, config, renderer: new TemplateRenderer(config.template ?? usualTemplate) }, options.parallel ?? defaultParallel);
  }

  async *generate(request: GenerateRequest, { signal }: GenerateOptions = {}): AsyncGenerator<GenerateEvent> {
    signal?.throwIfAborted();
    const model = this.#model;
    if (!model) throw new LlmiError('MODEL_DISPOSED', { message: 'This model was unloaded.', hint: 'Load it again.' });
    checkRequest(request);
    const { text, usage, finishReason, seed, timing } = yield* answer(model, request, signal);
    yield doneEvent({ type: 'multimodal_response', text, usage, finishReason, ...(seed === undefined ? {} : { seed }) }, timing);
  }

  /** Frees the native memory. */
  async [Symbol.asyncDispose](): Promise<void> {
    const model = this.#model;
    this.#model = undefined;
    await Promise.all([model?.graphs[Symbol.asyncDispose](), model?.renderer[Symbol.asyncDispose]()]);
  }
}
