import type { LlamaGenerateOptions, LlamaModel, MeasuredToken } from '@llmi/runtime-llama-cpp';

/** A shape that answers can be held to, as the engine made it from its text. */
export interface AnswerGrammar {
  readonly text: string;
}

export interface EngineOptions extends Omit<LlamaGenerateOptions, 'grammar'> {
  /** A function is asked before each token. */
  grammar?: AnswerGrammar | (() => AnswerGrammar | undefined);
}

/** Text of tokens as they come. */
export interface TokenTexts {
  push(token: number): string;
  end(): string;
}

/** One answer being made: iterate it once. The properties are filled as it goes on. */
export interface EngineRun extends AsyncIterable<{ token: number; logprobs?: MeasuredToken }> {
  readonly cachedTokens: number;
  readonly waitMs: number;
  readonly shiftedTokens: number;
  readonly endReason: 'stop' | 'length' | undefined;
}

/** A model that prompts and answers are made with: the part of LlamaModel that this takes. */
export interface TextEngine extends Pick<LlamaModel, 'special' | 'tokenize' | 'tokenText' | 'saveSession' | 'restoreSession'>, AsyncDisposable {
  readonly info: Pick<LlamaModel['info'], 'device' | 'contextLength' | 'parallel' | 'threads'>;
  /** `shows`: texts of control tokens to write out. `isExact`: a grammar holds the answer, of which nothing may be tidied. */
  createDecoder(options?: { shows?: readonly string[]; isExact?: boolean }): TokenTexts;
  /** A grammar in GBNF, whose rule `start` (root) is the whole answer. @throws {LlmiError} INPUT_INVALID */
  grammar(text: string, start?: string): AnswerGrammar;
  /** Continues `prompt`; leaving the loop early, or the signal, ends the work within one token. */
  generate(prompt: readonly number[], options?: EngineOptions): EngineRun;
}
