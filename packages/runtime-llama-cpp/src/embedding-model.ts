import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { LlmiError, type GgufFacts, type LoadProgress } from '@llmi/core';
import type { LlamaEmbeddingContext, LlamaModel as NativeModel, LlamaRankingContext, Token } from 'node-llama-cpp';
import { checkFileFits, freeMemoryBytes } from './context-size.js';
import { flattenMetadata, metadataNumber, metadataText, type GgufMetadata } from './gguf-metadata.js';
import { clearLog, logDelivered, loggedErrors, openLlama } from './llama-library.js';
import { loadError } from './load-errors.js';
import { checkParts } from './model-parts.js';
import { isRepacked } from './repacked-weights.js';

export interface LlamaEmbeddingOptions {
  /** Tokens of the longest text; default: what the model was made for, at most `defaultContextSize`. */
  contextSize?: number;
  /** Compute threads; default 1, for the same reason as in `LlamaLoadOptions`. */
  threads?: number;
  /** auto (default), cpu, cuda, vulkan or metal. */
  device?: string;
  signal?: AbortSignal;
  onProgress?: (progress: LoadProgress) => void;
}

/** How a file says its vectors are pooled; `undefined` where it does not. Source: llama_pooling_type of llama.cpp's include/llama.h */
export type LlamaPooling = 'mean' | 'cls' | 'last' | 'rank';

export interface LlamaEmbeddingInfo {
  device: string;
  contextLength: number;
  threads: number;
  architecture: string;
  pooling: LlamaPooling | undefined;
}

const poolings: (LlamaPooling | undefined)[] = [undefined, 'mean', 'cls', 'last', 'rank'];
const defaultThreads = 1;
const defaultContext = 8192;
/** Longer lists, such as the vocabulary, are told by their length. */
const longList = 100;

/** A GGUF embedding model or reranker in memory: tokens to a vector, or to a score. One text at a time. */
export class LlamaEmbeddingModel implements AsyncDisposable {
  #disposing: Promise<void> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly info: LlamaEmbeddingInfo,
    /** The file's metadata by full key, the vocabulary in it. */
    readonly metadata: GgufMetadata,
    private readonly name: string,
    private readonly model: NativeModel,
    private readonly context: LlamaEmbeddingContext | LlamaRankingContext,
  ) {}

  /**
   * Loads a .gguf file; the first part of a split one.
   * @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT, MODEL_FORMAT_UNSUPPORTED, MEMORY_INSUFFICIENT, MODEL_LOAD_FAILED, DEPENDENCY_MISSING
   */
  static async load(path: string, options: LlamaEmbeddingOptions = {}): Promise<LlamaEmbeddingModel> {
    const { signal, onProgress, threads = defaultThreads } = options;
    signal?.throwIfAborted();
    let model: NativeModel | undefined;
    try {
      const { fileBytes, bytesByType } = await checkParts(path);
      const open = await openLlama(options.device);
      const isCpu = open.device === 'cpu';
      clearLog();
      if (isCpu) checkFileFits(basename(path), fileBytes, freeMemoryBytes());
      model = await open.llama.loadModel({
        modelPath: path,
        gpuLayers: isCpu ? 0 : 'auto',
        ignoreMemorySafetyChecks: isCpu,
        ...(isCpu && isRepacked(bytesByType, open.llama.systemInfo) ? { useMmap: false } : {}),
        loadSignal: signal,
        onLoadProgress: (fraction) => onProgress?.({ stage: 'weights', fraction }),
      });
      const metadata = flattenMetadata(model.fileInfo.metadata);
      const architecture = metadataText(metadata, 'general.architecture') ?? 'unknown';
      // A classifier's head is for ranking: its file need not say so.
      const pooling = poolings[metadataNumber(metadata, `${architecture}.pooling_type`) ?? 0] ?? (model.fileInsights.supportsRanking ? 'rank' : undefined);
      const isEncoder = metadata[`${architecture}.attention.causal`] === false;
      if (isEncoder && pooling === undefined) throw poolingUnknown(basename(path));
      const contextLength = Math.min(options.contextSize ?? defaultContext, model.trainContextSize);
      const settings = {
        contextSize: contextLength + 1, // the library keeps one free
        // An encoder's token sees all of its text, which must therefore be in one batch.
        ...(isEncoder || pooling === 'mean' ? { batchSize: contextLength + 1 } : {}),
        threads,
        createSignal: signal,
        ignoreMemorySafetyChecks: isCpu,
      };
      const context = pooling === 'rank' ? await model.createRankingContext({ ...settings, template: '{{query}}{{document}}' }) : await model.createEmbeddingContext(settings);
      return new LlamaEmbeddingModel({ device: open.device, contextLength, threads, architecture, pooling }, metadata, basename(path), model, context);
    } catch (error) {
      await model?.dispose();
      await logDelivered();
      throw loadError(error, path, loggedErrors(), signal);
    }
  }

  /** Tokens of a text as llama.cpp makes them, without any around it. */
  tokenize(text: string): number[] {
    this.#throwIfDisposed();
    return this.model.tokenize(text, false);
  }

  /** Tokens that this kind of model wants around a text, and between two. */
  get frame(): { before: number[]; between: number[]; after: number[] } {
    this.#throwIfDisposed();
    const { bos, eos, sep, shouldPrependBosToken, shouldAppendEosToken } = this.model.tokens;
    // What the file says comes first: llama.cpp forgets tokens that it takes for unused.
    const listed = (name: string, known: Token | null, wanted: unknown): number[] => {
      const id = metadataNumber(this.metadata, `tokenizer.ggml.${name}_token_id`) ?? known;
      return wanted && id !== null ? [id] : [];
    };
    const ends = listed('seperator', sep, true);
    if (this.metadata['tokenizer.ggml.model'] === 'bert') return { before: listed('bos', bos, true), between: ends, after: ends };
    const before = listed('bos', bos, this.metadata['tokenizer.ggml.add_bos_token'] ?? shouldPrependBosToken);
    const after = listed('eos', eos, this.metadata['tokenizer.ggml.add_eos_token'] ?? shouldAppendEosToken);
    return { before, between: [...after, ...ends], after };
  }

  /** The vector of tokens, the special ones among them, pooled as the file says; not scaled. @throws {LlmiError} MODEL_DISPOSED */
  async embed(tokens: readonly number[]): Promise<Float32Array> {
    const context = this.context as LlamaEmbeddingContext;
    return this.#inTurn(async () => Float32Array.from((await context.getEmbeddingFor([...tokens] as Token[])).vector));
  }

  /** How relevant a reranker finds what the tokens say, query and document, the special ones among them: 0 to 1. @throws {LlmiError} MODEL_DISPOSED */
  async rank(tokens: readonly number[]): Promise<number> {
    const context = this.context as LlamaRankingContext;
    return this.#inTurn(() => context.rank(tokens.slice(0, 1) as Token[], tokens.slice(1) as Token[]));
  }

  /** Frees the memory, once what runs is over. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposing ??= this.#last.then(async () => {
      await this.context.dispose();
      await this.model.dispose();
    });
    await this.#disposing;
  }

  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#throwIfDisposed();
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  #throwIfDisposed(): void {
    if (this.#disposing) throw new LlmiError('MODEL_DISPOSED', { message: `The model ${this.name} was unloaded.`, hint: 'Load it again.' });
  }
}

function poolingUnknown(name: string): LlmiError {
  return new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
    message: `${name} does not say how its vectors are pooled.`,
    hint: 'Use a file that was converted from a sentence-transformers repository, with its folder 1_Pooling beside it.',
  });
}

/**
 * What the header of a .gguf file says of itself, for a model that came without its facts.
 * @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT, DEPENDENCY_MISSING
 */
export async function readGgufFacts(path: string): Promise<GgufFacts> {
  try {
    await checkParts(path);
    const { library } = await openLlama('cpu');
    const { metadata, tensorInfo, totalMetadataSize } = await library.readGgufFileInfo(path, { logWarnings: false });
    const flat = flattenMetadata(metadata);
    const parameterCount = (tensorInfo ?? []).reduce((sum, { dimensions }) => sum + dimensions.reduce<number>((product, side) => product * Number(side), 1), 0);
    const { size } = await stat(path);
    return {
      file: basename(path),
      architecture: metadataText(flat, 'general.architecture') ?? 'unknown',
      parameterCount,
      tensorBytes: size - totalMetadataSize,
      bytesByType: {},
      metadata: Object.fromEntries(Object.entries(flat).map(([key, value]) => [key, Array.isArray(value) && value.length > longList ? { length: value.length } : value])),
      metadataBytes: totalMetadataSize,
    };
  } catch (error) {
    throw loadError(error, path, []);
  }
}
