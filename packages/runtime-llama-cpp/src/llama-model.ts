import { LlmiError } from '@llmi/core';
import { jsonGrammarText } from '@llmi/grammar';
import type { Token } from 'node-llama-cpp';
import { metadataText, type GgufMetadata } from './gguf-metadata.js';
import { Generation } from './generation/generation.js';
import { compileGrammar, type OutputGrammar } from './grammar/output-grammar.js';
import { grammarStates } from './grammar/states.js';
import { Utf8Guard } from './grammar/utf8-guard.js';
import { loadParts, wantedThreads, type NativeParts } from './load-model.js';
import type { LlamaGenerateOptions, LlamaLoadOptions, LlamaModelInfo, SpecialTokens } from './options.js';
import { evaluateOptions, isPlainGreedy } from './sampling.js';
import { restoreSession, saveSession } from './session-file.js';
import { PromptLookup } from './speculation/prompt-lookup.js';
import { ThreadGovernor } from './thread-governor.js';
import { TokenDecoder, Vocabulary } from './vocabulary.js';

/** A GGUF model in memory: tokenizes, and continues tokens. Requests run side by side in one batch, up to `info.parallel`. */
export class LlamaModel implements AsyncDisposable {
  readonly special: SpecialTokens;
  /** The file's metadata by full key; see `tokenizer.chat_template`, `general.name`. */
  readonly metadata: GgufMetadata;
  readonly #vocabulary: Vocabulary;
  #disposing: Promise<void> | undefined;

  private constructor(
    readonly info: LlamaModelInfo,
    private readonly parts: NativeParts,
    private readonly usesPromptLookup: boolean,
    private readonly governor: ThreadGovernor | undefined,
  ) {
    const { model, metadata } = parts;
    this.metadata = metadata;
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
   * @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT, MEMORY_INSUFFICIENT, MODEL_LOAD_FAILED, DEPENDENCY_MISSING, INPUT_INVALID, INPUT_UNSUPPORTED
   */
  static async load(path: string, options: LlamaLoadOptions = {}): Promise<LlamaModel> {
    const parts = await loadParts(path, options);
    const { open, model, metadata, contextLength, adapters } = parts;
    const info: LlamaModelInfo = {
      device: open.device,
      contextLength,
      parallel: options.parallel ?? 1,
      threads: wantedThreads(options),
      gpuLayers: model.gpuLayers,
      architecture: metadataText(metadata, 'general.architecture') ?? 'unknown',
      vocabularySize: model.fileInfo.metadata.tokenizer?.ggml?.tokens?.length ?? 0,
      loras: adapters.names,
    };
    const adapts = (options.adaptThreads ?? true) && open.device === 'cpu' && info.threads > 1;
    return new LlamaModel(info, parts, options.promptLookup ?? false, adapts ? new ThreadGovernor(parts.context, info.threads) : undefined);
  }

  /**
   * Tokens of a text, without `bos`. `special`: whether the texts of control tokens become those tokens. `continues`: the text goes
   * on after other tokens, so SentencePiece must not put a space before it.
   */
  tokenize(text: string, { special = false, continues = false }: { special?: boolean; continues?: boolean } = {}): number[] {
    this.#throwIfDisposed();
    const { model } = this.parts;
    return continues ? model.tokenize(text, special, 'trimLeadingSpace') : model.tokenize(text, special);
  }

  /** Text of tokens as they come; one decoder for one answer. `shows`: texts of control tokens to write out, which are nothing otherwise. */
  createDecoder({ shows }: { shows?: readonly string[] } = {}): TokenDecoder {
    return new TokenDecoder(this.#vocabulary, shows === undefined ? undefined : this.#vocabulary.controlTokens(shows));
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
    return this.parts.model.isEogToken(token as Token);
  }

  /**
   * Continues `prompt`. Iterate the result once; leaving the loop early, or the signal, ends the work within one token.
   *
   * A prompt that starts like an earlier one is evaluated only from where they part.
   * @throws {LlmiError} CONTEXT_LENGTH_EXCEEDED, INPUT_INVALID, INPUT_UNSUPPORTED, MODEL_DISPOSED
   */
  generate(prompt: readonly number[], options: LlamaGenerateOptions = {}): Generation {
    this.#throwIfDisposed();
    const { sampling = {}, maxTokens = Infinity, logprobs, contextShift, signal } = options;
    const { contextLength } = this.info;
    if (prompt.length === 0) {
      throw new LlmiError('INPUT_INVALID', { message: 'The prompt is empty: there is nothing to continue.', hint: 'Give at least one character.', param: 'prompt' });
    }
    if (prompt.length >= contextLength) throw contextExceeded(prompt.length, contextLength);
    if (contextShift) this.#checkShift();
    const { model, open, pool, adapters, draft } = this.parts;
    const tokens = prompt as readonly Token[];
    const history = [...tokens];
    const grammar = grammarStates(options.grammar, model, open.library);
    const speculates = grammar === undefined && logprobs === undefined && contextShift === undefined && sampling.dry === undefined && !model.fileInsights.isRecurrent && !model.fileInsights.isHybrid;
    const drafter = draft ? ({ index }: { index: number }) => draft.drafter(index) : this.usesPromptLookup ? () => new PromptLookup() : undefined;
    const evaluate = evaluateOptions(sampling, history, model, open.library, this.info);
    const makeBias = () => evaluateOptions(sampling, history, model, open.library, this.info).tokenBias;
    const guard = grammar && new Utf8Guard(this.#vocabulary, makeBias, evaluate.tokenBias);
    this.governor?.look();
    return new Generation({
      pool,
      prompt: tokens,
      adapters: adapters.choose(options.loras),
      maxTokens: contextShift ? maxTokens : Math.min(maxTokens, contextLength - prompt.length),
      evaluate: guard ? { ...evaluate, tokenBias: () => guard.after(history.at(-1)) } : evaluate,
      grammar,
      isPlainGreedy: isPlainGreedy(sampling),
      logprobs,
      drafter: speculates ? drafter : undefined,
      shiftKeeps: contextShift ? Math.max(1, Math.min(contextShift.keep, Math.floor(contextLength / 2))) : undefined,
      history,
      steer: this.#steering(options.steer),
      signal,
      disposed: () => (this.#disposing ? disposedError(this.parts.name) : undefined),
    });
  }

  /**
   * A grammar for JSON: any object, or one that a JSON schema describes.
   * @throws {LlmiError} INPUT_UNSUPPORTED naming the keyword of the schema that cannot be enforced
   */
  async jsonGrammar(schema?: Record<string, unknown>): Promise<OutputGrammar> {
    return this.grammar(jsonGrammarText(schema));
  }

  /** A grammar in GBNF, whose rule `start` (root) is the whole answer. @throws {LlmiError} INPUT_INVALID */
  grammar(text: string, start?: string): OutputGrammar {
    this.#throwIfDisposed();
    return compileGrammar(this.parts.open, text, start);
  }

  /**
   * Writes what is kept of the latest request to a file, with a description beside it, so that a later process goes on without
   * evaluating the prompt again. Returns how many tokens it holds.
   * @throws {LlmiError} INPUT_INVALID when nothing is kept
   */
  async saveSession(path: string): Promise<number> {
    this.#throwIfDisposed();
    return saveSession(path, this.parts);
  }

  /** Reads a file of `saveSession` for the next requests. @throws {LlmiError} INPUT_INVALID for a file of another model, or a damaged one */
  async restoreSession(path: string): Promise<number> {
    this.#throwIfDisposed();
    return restoreSession(path, this.parts);
  }

  /** Ends what runs and waits, then gives the memory back. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposing ??= this.#dispose();
    await this.#disposing;
  }

  async #dispose(): Promise<void> {
    const { pool, context, model, draft, name } = this.parts;
    pool.rejectWaiting(disposedError(name));
    await pool.quiet();
    await draft?.[Symbol.asyncDispose]();
    await context.dispose();
    await model.dispose();
  }

  /** The caller's steering, and a look at the load of the machine. */
  #steering(steer: LlamaGenerateOptions['steer']): LlamaGenerateOptions['steer'] {
    const { governor } = this;
    if (!governor) return steer;
    return (token) => (governor.look(), steer?.(token));
  }

  #checkShift(): void {
    const { isRecurrent, isHybrid } = this.parts.model.fileInsights;
    if (!isRecurrent && !isHybrid && this.info.architecture !== 'deepseek2') return;
    throw new LlmiError('INPUT_UNSUPPORTED', { message: 'This model cannot drop the beginning of its context.', hint: 'Leave "context_shift" out.', param: 'context_shift' });
  }

  #throwIfDisposed(): void {
    if (this.#disposing) throw disposedError(this.parts.name);
  }
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
