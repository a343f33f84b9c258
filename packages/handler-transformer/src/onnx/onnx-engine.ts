import { LlmiError } from '@llmi/core';
import type { TokenGrammar } from '@llmi/grammar';
import type { LlamaGenerateOptions, MeasuredToken, SamplingOptions, SpecialTokens } from '@llmi/runtime-llama-cpp';
import { ExactText, TextStream, type EndReason, type GeneratedToken, type OnnxTextModel } from '@llmi/runtime-transformers';
import type { EngineRun, TextEngine, TokenTexts } from '../text-engine.js';

/** Context where neither the model nor the caller says one. */
const defaultContextLength = 4096;
/** Requests that take turns on one session, token by token. */
const defaultParallel = 4;

interface OnnxOptions extends Omit<LlamaGenerateOptions, 'grammar'> {
  grammar?: TokenGrammar | (() => TokenGrammar | undefined);
}

/** An ONNX model in the form that prompts and answers of this handler are made with. What llama.cpp alone can do is refused by name. */
export class OnnxEngine implements TextEngine {
  readonly special: SpecialTokens;
  readonly info: { device: string; contextLength: number; parallel: number; threads: number };

  constructor(
    private readonly model: OnnxTextModel,
    { contextSize, parallel }: { contextSize?: number; parallel?: number } = {},
  ) {
    const { tokenizer } = model;
    const { bos, eos } = tokenizer.special;
    const textOf = (id: number | undefined) => (id === undefined ? undefined : tokenizer.idToToken(id));
    this.special = { bos, eos, bosText: textOf(bos), eosText: textOf(eos), addsBos: bos !== undefined && tokenizer.frame.before.ids[0] === bos, controlTexts: tokenizer.specialTexts };
    this.info = { device: model.info.device, contextLength: Math.min(contextSize ?? Infinity, model.contextLength ?? defaultContextLength), parallel: parallel ?? defaultParallel, threads: model.info.threads };
  }

  /** Tokens of a text, without `bos`. */
  tokenize(text: string, { special = false, continues = false }: { special?: boolean; continues?: boolean } = {}): number[] {
    return this.model.tokenizer.encode(text, { addSpecialTokens: false, special, continues });
  }

  /** Text of tokens as they come. `shows`: texts of special tokens to write out, which are nothing otherwise. `isExact`: as a grammar saw them. */
  createDecoder({ shows = [], isExact = false }: { shows?: readonly string[]; isExact?: boolean } = {}): TokenTexts {
    const { tokenizer } = this.model;
    const stream = isExact ? new ExactText(tokenizer) : new TextStream(tokenizer, false);
    const isHidden = (token: number) => tokenizer.isSpecial(token) && !shows.includes(tokenizer.idToToken(token) ?? '');
    return { push: (token) => (isHidden(token) ? '' : stream.push(token)), end: () => stream.end() };
  }

  /** What one token stands for by itself. */
  tokenText(token: number): string {
    return this.model.tokenizer.decode([token]) || (this.model.tokenizer.idToToken(token) ?? '');
  }

  /** A grammar in GBNF, whose rule `start` (root) is the whole answer. @throws {LlmiError} INPUT_INVALID */
  grammar(text: string, start?: string): TokenGrammar {
    return this.model.grammar(text, start);
  }

  /** Continues `prompt`. Iterate the result once; leaving the loop early, or the signal, ends the work within one token. */
  generate(prompt: readonly number[], { sampling = {}, maxTokens = Infinity, logprobs, grammar, loras, contextShift, steer, signal }: OnnxOptions = {}): OnnxGeneration {
    refuse(sampling.xtc, 'xtc_probability');
    refuse(sampling.dry, 'dry_multiplier');
    refuse(loras, 'loras');
    refuse(contextShift, 'context_shift');
    const { temperature = 0, topK, topP, minP, seed = 0, repetitionPenalty = 1, presencePenalty, frequencyPenalty, logitBias } = sampling;
    const { cachedTokens, tokens } = this.model.generate(
      prompt,
      {
        config: { ...this.model.config, numBeams: 1, repetitionPenalty },
        maxNewTokens: Math.min(maxTokens, this.info.contextLength - prompt.length),
        logprobs,
        presencePenalty,
        frequencyPenalty,
        grammar,
        steer,
        ...(logitBias ? { logitBias: biasOf(logitBias) } : {}),
        ...(temperature > 0 ? { sampling: { temperature, topK, topP, minP, seed } } : {}),
      },
      signal,
    );
    return new OnnxGeneration(tokens, cachedTokens);
  }

  /** @throws {LlmiError} INPUT_UNSUPPORTED always */
  async saveSession(): Promise<never> {
    throw noSessions();
  }

  /** @throws {LlmiError} INPUT_UNSUPPORTED always */
  async restoreSession(): Promise<never> {
    throw noSessions();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.model[Symbol.asyncDispose]();
  }
}

/** One answer being made. */
export class OnnxGeneration implements EngineRun {
  readonly waitMs = 0;
  readonly shiftedTokens = 0;
  /** `stop` when the model ended its answer, `length` when the limit came first; undefined before the end. */
  endReason: EndReason | undefined;

  constructor(
    private readonly tokens: AsyncGenerator<GeneratedToken, EndReason>,
    readonly cachedTokens: number,
  ) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<{ token: number; logprobs?: MeasuredToken }, void, undefined> {
    try {
      for (;;) {
        const next = await this.tokens.next();
        if (next.done) {
          this.endReason = next.value;
          return;
        }
        const { token, logprob, top = [] } = next.value;
        yield logprob === undefined ? { token } : { token, logprobs: { token, logprob, top } };
      }
    } finally {
      await this.tokens.return('stop');
    }
  }
}

function biasOf(bias: NonNullable<SamplingOptions['logitBias']>): Map<number, number> {
  return new Map(Object.entries(bias).map(([token, value]) => [Number(token), value]));
}

function noSessions(): LlmiError {
  return new LlmiError('INPUT_UNSUPPORTED', { message: 'A model in ONNX format keeps nothing of a request.', hint: 'Install the model in GGUF format.' });
}

function refuse(value: unknown, param: string): void {
  if (value === undefined) return;
  throw new LlmiError('INPUT_UNSUPPORTED', { message: `A model in ONNX format has no use for "${param}".`, hint: 'Leave it out, or install the model in GGUF format.', param });
}
