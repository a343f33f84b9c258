import { doneEvent, LlmiError, type GenerateEvent, type GenerateOptions, type GenerateRequest, type LoadedModel, type LoadedModelInfo, type LoadOptions, type ModelInfo } from '@llmi/core';
import { TextTokenizer } from '@llmi/runtime-transformers';
import { readJanusConfig } from './janus-config.js';
import { JanusGraphs } from './janus-graphs.js';
import { paint } from './paint.js';
import { resolveRequest } from './resolve-request.js';
import { understand, type JanusModel } from './understand.js';

/** A Janus model in memory: it looks at pictures, and makes them. */
export class LoadedJanusModel implements LoadedModel {
  readonly info: LoadedModelInfo;
  #model: JanusModel | undefined;

  private constructor(model: JanusModel, parallel: number) {
    this.#model = model;
    const { contextLength } = model.config;
    this.info = { ...model.graphs.info, parallel, ...(contextLength === undefined ? {} : { contextLength }) };
  }

  /** Loads `model`, whose files are in `folder`. */
  static async load(folder: string, model: ModelInfo, options: LoadOptions = {}): Promise<LoadedJanusModel> {
    if (options.loras && options.loras.length > 0) {
      throw new LlmiError('INPUT_UNSUPPORTED', { message: 'Adapters cannot be applied to a model in ONNX format.', hint: 'Merge the adapter into the model, and export it to ONNX.', param: 'loras' });
    }
    const { device, threads, signal, onProgress } = options;
    const config = await readJanusConfig(model, folder);
    const tokenizer = await TextTokenizer.load(folder);
    onProgress?.({ stage: 'weights' });
    const graphs = await JanusGraphs.load(folder, model, config, { device, threads, signal, dtype: options.quantization ?? options.dtype });
    return new LoadedJanusModel({ graphs, tokenizer, config }, options.parallel ?? 1);
  }

  async *generate(request: GenerateRequest, { signal }: GenerateOptions = {}): AsyncGenerator<GenerateEvent> {
    signal?.throwIfAborted();
    const model = this.#model;
    if (!model) throw new LlmiError('MODEL_DISPOSED', { message: 'This model was unloaded.', hint: 'Load it again.' });
    if (resolveRequest(request) === 'generate') {
      const { images, seed, metadata, timing } = yield* paint(model, request, signal);
      yield doneEvent({ type: 'image', image: images[0]!, images, metadata, seed }, timing);
    } else {
      const { text, usage, finishReason, seed, timing } = yield* understand(model, request, signal);
      yield doneEvent({ type: 'multimodal_response', text, usage, finishReason, ...(seed === undefined ? {} : { seed }) }, timing);
    }
  }

  /** Frees the native memory. */
  async [Symbol.asyncDispose](): Promise<void> {
    const model = this.#model;
    this.#model = undefined;
    await model?.graphs[Symbol.asyncDispose]();
  }
}
