import { join } from 'node:path';
import { jsonFile, LlmiError, type GenerateEvent, type GenerateOptions, type GenerateRequest, type LoadedModel, type LoadedModelInfo, type LoadOptions, type ModelInfo } from '@llmi/core';
import { OnnxSession } from '@llmi/runtime-onnx';
import { embed, type Embedder } from './embed.js';
import { openEncoderGraph } from './encoder-graph.js';
import { inFolder, readPipeline } from './modules.js';
import { chooseOnnx } from './onnx-files.js';
import { resolveEmbedOptions, type EmbedFacts } from './options.js';
import { readTextSettings, type TextSettings } from './text-settings.js';
import { TextTokenizer } from './tokenizer/text-tokenizer.js';
import { loadSteps } from './vector-steps.js';

/** Requests whose batches take turns on the one session; more would only wait longer. */
const defaultParallel = 4;

/** An embedding model in memory. */
export class LoadedEmbedder implements LoadedModel {
  #embedder: Embedder | undefined;

  private constructor(
    readonly info: LoadedModelInfo,
    private readonly facts: EmbedFacts,
    embedder: Embedder,
    private readonly session: OnnxSession,
  ) {
    this.#embedder = embedder;
  }

  /** Loads `model`, whose files are in `folder`. */
  static async load(folder: string, model: ModelInfo, options: LoadOptions = {}): Promise<LoadedEmbedder> {
    const { signal, onProgress } = options;
    if (options.loras && options.loras.length > 0) throw noAdapters();
    const pipeline = readPipeline(model);
    const settings = readTextSettings(model, pipeline.transformerFolder);
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
      return new LoadedEmbedder(info, { pipeline, settings }, { tokenizer, graph, steps, maxTokens, includePrompt: pipeline.includePrompt }, session);
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    }
  }

  async *generate(request: GenerateRequest, { signal }: GenerateOptions = {}): AsyncGenerator<GenerateEvent> {
    signal?.throwIfAborted();
    const embedder = this.#embedder;
    if (!embedder) throw new LlmiError('MODEL_DISPOSED', { message: 'This model was unloaded.', hint: 'Load it again.' });
    const options = resolveEmbedOptions(request, this.facts);
    if (embedder.graph.poolsItself && options.pooling.join() !== this.facts.pipeline.pooling.join()) {
      throw new LlmiError('INPUT_UNSUPPORTED', {
        message: 'The graph of this model pools by itself, in one way.',
        hint: 'Leave "pooling" out.',
        param: 'pooling',
      });
    }
    yield* embed(embedder, options, signal);
  }

  /** Frees the native memory and lets go of the vocabulary, whoever still holds this object. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#embedder = undefined;
    await this.session[Symbol.asyncDispose]();
  }
}

/** The model's limit, or what the caller wants within the encoder's positions. */
function chooseMaxTokens({ maxTokens, positionLimit }: TextSettings, contextSize: number | undefined): number {
  if (contextSize === undefined) return maxTokens;
  if (contextSize <= (positionLimit ?? Infinity)) return contextSize;
  throw new LlmiError('INPUT_INVALID', {
    message: `This model has positions for ${positionLimit} tokens, not ${contextSize}.`,
    hint: `Load it with a context size of at most ${positionLimit}.`,
    param: 'context_size',
  });
}

function noAdapters(): LlmiError {
  return new LlmiError('INPUT_UNSUPPORTED', {
    message: 'Adapters cannot be applied to a model in ONNX format.',
    hint: 'Merge the adapter into the model, and export it to ONNX.',
    param: 'loras',
  });
}
