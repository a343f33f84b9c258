import { basename } from 'node:path';
import { LlmiError, type LoadProgress } from '@llmi/core';
import type { LlamaContext, LlamaModel as NativeModel, Token } from 'node-llama-cpp';
import { chooseContextSize, checkFileFits, freeMemoryBytes } from './context-size.js';
import { Generation } from './generation.js';
import { flattenMetadata, metadataText, type GgufMetadata } from './gguf-metadata.js';
import { compileGrammar, type OutputGrammar } from './grammar.js';
import { clearLog, logDelivered, loggedErrors, openLlama, type OpenLlama } from './llama-library.js';
import { loadError } from './load-errors.js';
import { checkParts } from './model-parts.js';
import { isRepacked } from './repacked-weights.js';
import { evaluateOptions, isPlainGreedy, type SamplingOptions } from './sampling.js';
import { SequencePool } from './sequence-pool.js';
import { TokenDecoder, Vocabulary } from './vocabulary.js';

export interface LlamaLoadOptions {
  /** Tokens that each request can use, prompt and answer; default: what the model was made for, at most 4096, less where memory is short. */
  contextSize?: number;
  /** Requests that are worked on at the same time, each with a context of its own; more wait their turn. Default 1. */
  parallel?: number;
  /**
   * Compute threads; default 1. More are faster only in a process that was started with UV_THREADPOOL_SIZE=1, where libuv's pool
   * does not compete with them for the cores.
   */
  threads?: number;
  /** auto (default), cpu, cuda, vulkan or metal. */
  device?: string;
  /** Layers to keep on the GPU; default: as many as fit. */
  gpuLayers?: number;
  /** LoRA adapters as GGUF files. */
  loras?: readonly { path: string; scale?: number }[];
  /** Memory that the model may take; default: what is free. */
  memoryLimitBytes?: number;
  signal?: AbortSignal;
  onProgress?: (progress: LoadProgress) => void;
}

export interface LlamaGenerateOptions {
  sampling?: SamplingOptions;
  /** Default and upper bound: up to the end of the context. */
  maxTokens?: number;
  /** Measure log probabilities, with this many alternatives per token. */
  logprobs?: number;
  /** Shape that the answer is held to. */
  grammar?: OutputGrammar;
  signal?: AbortSignal;
}

/** The tokens and flags that prompts are built with. */
export interface SpecialTokens {
  bos: number | undefined;
  eos: number | undefined;
  bosText: string | undefined;
  eosText: string | undefined;
  /** The tokenizer puts `bos` before every text. */
  addsBos: boolean;
  /** Texts of the tokens that steer the model, such as `<|im_end|>`. */
  controlTexts: readonly string[];
}

export interface LlamaModelInfo {
  device: string;
  contextLength: number; // tokens of one request
  parallel: number;
  threads: number;
  gpuLayers: number;
  architecture: string;
  vocabularySize: number;
}

const defaultThreads = 1;

/** A GGUF model in memory: tokenizes, and continues tokens. Requests run side by side in one batch, up to `info.parallel`. */
export class LlamaModel implements AsyncDisposable {
  readonly special: SpecialTokens;
  readonly #vocabulary: Vocabulary;
  #disposing: Promise<void> | undefined;

  private constructor(
    readonly info: LlamaModelInfo,
    /** The file's metadata by full key; see `tokenizer.chat_template`, `general.name`. */
    readonly metadata: GgufMetadata,
    private readonly open: OpenLlama,
    private readonly model: NativeModel,
    private readonly context: LlamaContext,
    private readonly pool: SequencePool,
    private readonly fileName: string,
  ) {
    this.#vocabulary = new Vocabulary(metadata, (token) => model.detokenize([token as Token], false));
    const { tokens } = model;
    this.special = {
      bos: tokens.bos ?? undefined,
      eos: tokens.eos ?? undefined,
      bosText: tokens.bosString ?? undefined,
      eosText: tokens.eosString ?? undefined,
      addsBos: tokens.shouldPrependBosToken,
      controlTexts: this.#vocabulary.controlTexts(),
    };
  }

  /**
   * Loads a .gguf file; the first part of a split one.
   * @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT, MEMORY_INSUFFICIENT, MODEL_LOAD_FAILED, DEPENDENCY_MISSING, INPUT_INVALID
   */
  static async load(path: string, options: LlamaLoadOptions = {}): Promise<LlamaModel> {
    const { signal, onProgress, threads = defaultThreads, parallel = 1 } = options;
    signal?.throwIfAborted();
    checkCounts({ parallel, threads, context_size: options.contextSize });
    const name = basename(path);
    let model: NativeModel | undefined;
    try {
      const { fileBytes, bytesByType } = await checkParts(path);
      const freeBytes = options.memoryLimitBytes ?? freeMemoryBytes();
      const open = await openLlama(options.device);
      clearLog();
      if (open.device === 'cpu') checkFileFits(name, fileBytes, freeBytes);
      model = await open.llama.loadModel({
        modelPath: path,
        gpuLayers: open.device === 'cpu' ? 0 : (options.gpuLayers ?? 'auto'),
        ignoreMemorySafetyChecks: open.device === 'cpu', // checked here, by what the files say
        ...(open.device === 'cpu' && isRepacked(bytesByType, open.llama.systemInfo) ? { useMmap: false } : {}),
        loadSignal: signal,
        onLoadProgress: (fraction) => onProgress?.({ stage: 'weights', fraction }),
      });
      signal?.throwIfAborted();
      const metadata = flattenMetadata(model.fileInfo.metadata);
      const contextLength = chooseContextSize(options.contextSize, {
        name,
        metadata,
        trainContextSize: model.trainContextSize,
        parallel,
        fileBytes,
        freeBytes: open.device === 'cpu' ? freeBytes : Infinity,
      });
      onProgress?.({ stage: 'context' });
      const adapters = options.loras?.map((lora) => ({ filePath: lora.path, scale: lora.scale }));
      const pool = new SequencePool();
      const context = await model.createContext({
        contextSize: contextLength,
        sequences: parallel,
        threads,
        ignoreMemorySafetyChecks: open.device === 'cpu',
        createSignal: signal,
        // A request alone does not wait for others to share a batch with.
        batching: { dispatchSchedule: (dispatch) => (pool.running > 1 ? void setImmediate(dispatch) : dispatch()) },
        ...(adapters?.length ? { lora: { adapters } } : {}),
      });
      for (let index = 0; index < parallel; index++) pool.add(context.getSequence({ checkpoints: { max: 0, interval: false } }));
      const info: LlamaModelInfo = {
        device: open.device,
        contextLength,
        parallel,
        threads,
        gpuLayers: model.gpuLayers,
        architecture: metadataText(metadata, 'general.architecture') ?? 'unknown',
        vocabularySize: model.fileInfo.metadata.tokenizer?.ggml?.tokens?.length ?? 0,
      };
      return new LlamaModel(info, metadata, open, model, context, pool, name);
    } catch (error) {
      await model?.dispose();
      await logDelivered();
      throw loadError(error, path, loggedErrors(), signal);
    }
  }

  /**
   * Tokens of a text, without `bos`. `special`: whether the texts of control tokens become those tokens. `continues`: the text goes
   * on after other tokens, so SentencePiece must not put a space before it.
   */
  tokenize(text: string, { special = false, continues = false }: { special?: boolean; continues?: boolean } = {}): number[] {
    this.#throwIfDisposed();
    return continues ? this.model.tokenize(text, special, 'trimLeadingSpace') : this.model.tokenize(text, special);
  }

  /** Text of tokens as they come; one decoder for one answer. */
  createDecoder(): TokenDecoder {
    return new TokenDecoder(this.#vocabulary);
  }

  /** Text of tokens at once. */
  detokenize(tokens: readonly number[]): string {
    const decoder = this.createDecoder();
    return tokens.map((token) => decoder.push(token)).join('') + decoder.end();
  }

  /** A token as the vocabulary writes it, for showing: `Ġthe`, `<|im_end|>`. */
  rawTokenText(token: number): string {
    return this.#vocabulary.rawText(token);
  }

  /** What one token stands for by itself; U+FFFD where that is no whole character. */
  tokenText(token: number): string {
    const text = this.#vocabulary.textOf(token);
    return typeof text === 'string' ? text || this.#vocabulary.rawText(token) : new TextDecoder().decode(text);
  }

  /** True for a token that ends an answer. */
  endsGeneration(token: number): boolean {
    return this.model.isEogToken(token as Token);
  }

  /**
   * Continues `prompt`. Iterate the result once; leaving the loop early, or the signal, ends the work within one token.
   *
   * A prompt that starts like an earlier one is evaluated only from where they part. There is no context shift: the answer ends at
   * the end of the context.
   * @throws {LlmiError} CONTEXT_LENGTH_EXCEEDED, INPUT_INVALID, INPUT_UNSUPPORTED, MODEL_DISPOSED
   */
  generate(prompt: readonly number[], { sampling = {}, maxTokens = Infinity, logprobs, grammar, signal }: LlamaGenerateOptions = {}): Generation {
    this.#throwIfDisposed();
    const { contextLength, vocabularySize } = this.info;
    if (prompt.length === 0) {
      throw new LlmiError('INPUT_INVALID', { message: 'The prompt is empty: there is nothing to continue.', hint: 'Give at least one character.', param: 'prompt' });
    }
    if (prompt.length >= contextLength) throw contextExceeded(prompt.length, contextLength);
    const tokens = prompt as readonly Token[];
    const history = hasPenalty(sampling) ? [...tokens] : undefined;
    return new Generation({
      pool: this.pool,
      prompt: tokens,
      maxTokens: Math.min(maxTokens, contextLength - prompt.length),
      evaluate: evaluateOptions(sampling, history ?? [], this.model, this.open.library, vocabularySize),
      grammar: grammar && new this.open.library.LlamaGrammarEvaluationState({ model: this.model, grammar: grammar.native }),
      isPlainGreedy: isPlainGreedy(sampling),
      logprobs,
      history,
      signal,
      disposed: () => (this.#disposing ? disposedError(this.fileName) : undefined),
    });
  }

  /**
   * A grammar for JSON: any object, or one that a JSON schema describes.
   * @throws {LlmiError} INPUT_UNSUPPORTED naming the keyword of the schema that cannot be enforced
   */
  async jsonGrammar(schema?: Record<string, unknown>): Promise<OutputGrammar> {
    this.#throwIfDisposed();
    return compileGrammar(this.open, schema);
  }

  /** Ends what runs and waits, then gives the memory back. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposing ??= this.#dispose();
    await this.#disposing;
  }

  async #dispose(): Promise<void> {
    this.pool.rejectWaiting(disposedError(this.fileName));
    await this.pool.quiet();
    await this.context.dispose();
    await this.model.dispose();
  }

  #throwIfDisposed(): void {
    if (this.#disposing) throw disposedError(this.fileName);
  }
}

function checkCounts(counts: Record<string, number | undefined>): void {
  for (const [param, count] of Object.entries(counts)) {
    if (count === undefined || (Number.isInteger(count) && count >= 1)) continue;
    throw new LlmiError('INPUT_INVALID', { message: `"${param}" must be a whole number of at least 1, not ${count}.`, hint: 'Correct it, or leave it out.', param });
  }
}

function hasPenalty({ repetitionPenalty = 1, presencePenalty = 0, frequencyPenalty = 0 }: SamplingOptions): boolean {
  return repetitionPenalty !== 1 || presencePenalty !== 0 || frequencyPenalty !== 0;
}

/** The prompt leaves no room for an answer. */
export function contextExceeded(promptTokens: number, contextLength: number): LlmiError {
  return new LlmiError('CONTEXT_LENGTH_EXCEEDED', {
    message: `The prompt has ${promptTokens} tokens; the context of ${contextLength} tokens has room for at most ${contextLength - 1} and an answer.`,
    hint: 'Shorten the prompt, set "truncate" to cut its beginning, or load the model with a larger context size.',
    param: 'prompt',
  });
}

function disposedError(name: string): LlmiError {
  return new LlmiError('MODEL_DISPOSED', { message: `The model ${name} was unloaded.`, hint: 'Load it again.' });
}
