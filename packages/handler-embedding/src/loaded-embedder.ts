import { join } from 'node:path';
import { jsonFile, LlmiError, type GenerateEvent, type GenerateOptions, type GenerateRequest, type LoadedModel, type LoadedModelInfo, type LoadOptions, type ModelInfo } from '@llmi/core';
import { OnnxSession } from '@llmi/runtime-onnx';
import { chooseMaxTokens, refuseAdapters } from './load-options.js';
import { embed, type Embedder } from './embed.js';
import { openEncoderGraph } from './encoder-graph.js';
import { isGguf } from './gguf/gguf-files.js';
import { ggufEncoder, openGguf } from './gguf/open-gguf.js';
import { inFolder } from './modules.js';
import { chooseOnnx } from './onnx-files.js';
import { resolveEmbedOptions, type EmbedFacts } from './options.js';
import { readFacts } from './read-facts.js';
import { TextTokenizer } from './tokenizer/text-tokenizer.js';
import { loadSteps } from './vector-steps.js';

/** Requests whose batches take turns on the one session; more would only wait longer. */
export const defaultParallel = 4;

/** An embedding model in memory. */
export class LoadedEmbedder implements LoadedModel {
  #embedder: Embedder | undefined;

  private constructor(
    readonly info: LoadedModelInfo,
    private readonly facts: EmbedFacts,
    embedder: Embedder,
    private readonly native: AsyncDisposable,
  ) {
    this.#embedder = embedder;
  }

  /** Loads `model`, whose files are in `folder`. */
  static async load(folder: string, model: ModelInfo, options: LoadOptions = {}): Promise<LoadedEmbedder> {
    refuseAdapters(options);
    return isGguf(model) ? LoadedEmbedder.#loadGguf(folder, model, options) : LoadedEmbedder.#loadOnnx(folder, model, options);
  }

  static async #loadOnnx(folder: string, model: ModelInfo, options: LoadOptions): Promise<LoadedEmbedder> {
    const { signal, onProgress } = options;
    const facts = readFacts(model);
    const { pipeline, settings } = facts;
    const file = chooseOnnx(model, options.quantization ?? options.dtype);
    const maxTokens = chooseMaxTokens(settings, options.contextSize);
    onProgress?.({ stage: 'tokenizer' });
    const padTokenId = jsonFile(model, inFolder(pipeline.transformerFolder, 'config.json'))?.pad_token_id;
    const tokenizer = await TextTokenizer.load(join(folder, pipeline.transformerFolder), {
      lowercase: settings.lowercase,
      ...(typeof padTokenId === 'number' ? { padTokenId } : {}),
    });
    onProgress?.({ stage: 'weights' });
    const session = await OnnxSession.load(join(folder, file.path), { device: options.device, threads: options.threads, signal });
    try {
      const graph = openEncoderGraph(session, { preferPooled: !pipeline.declared });
      const steps = graph.poolsItself ? [] : await loadSteps(folder, pipeline.steps);
      const info = { device: session.device, dtype: file.dtype, contextLength: maxTokens, parallel: options.parallel ?? defaultParallel, threads: session.threads };
      return new LoadedEmbedder(info, facts, { tokenizer, graph, steps, maxTokens, includePrompt: pipeline.includePrompt }, session);
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    }
  }

  static async #loadGguf(folder: string, model: ModelInfo, options: LoadOptions): Promise<LoadedEmbedder> {
    const facts = readFacts(model);
    const maxTokens = chooseMaxTokens(facts.settings, options.contextSize);
    const { native, tokenizer, quantization } = await openGguf(folder, model, maxTokens, options);
    const { device, contextLength, threads } = native.info;
    const info = { device, dtype: quantization, contextLength, parallel: options.parallel ?? defaultParallel, threads };
    return new LoadedEmbedder(info, facts, { tokenizer, graph: ggufEncoder(native), steps: [], maxTokens: contextLength, includePrompt: true }, native);
  }

  async *generate(request: GenerateRequest, { signal }: GenerateOptions = {}): AsyncGenerator<GenerateEvent> {
    signal?.throwIfAborted();
    const embedder = this.#embedder;
    if (!embedder) throw new LlmiError('MODEL_DISPOSED', { message: 'This model was unloaded.', hint: 'Load it again.' });
    const options = resolveEmbedOptions(request, this.facts);
    if (embedder.graph.poolsItself) {
      if (options.pooling.join() !== this.facts.pipeline.pooling.join()) throw poolsItself('pooling', 'pools by itself, in one way');
      if (options.chunkTokens !== undefined) throw poolsItself('chunk_tokens', 'pools by itself: its texts cannot be chunked late');
    }
    yield* embed(embedder, options, signal);
  }

  /** Frees the native memory and lets go of the vocabulary, whoever still holds this object. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#embedder = undefined;
    await this.native[Symbol.asyncDispose]();
  }
}

function poolsItself(param: string, why: string): LlmiError {
  return new LlmiError('INPUT_UNSUPPORTED', { message: `This model ${why}.`, hint: `Leave "${param}" out.`, param });
}
