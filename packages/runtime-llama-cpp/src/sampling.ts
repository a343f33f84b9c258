import { LlmiError } from '@llmi/core';
import type { LlamaModel as NativeModel, SequenceEvaluateOptions, Token, TokenBias } from 'node-llama-cpp';
import type { LlamaLibrary } from './llama-library.js';

/** How the next token is chosen. What is left out is off; without a temperature the most probable token is taken. */
export interface SamplingOptions {
  temperature?: number; // 0 is greedy
  topK?: number; // 0 is off
  topP?: number; // 1 is off
  minP?: number; // 0 is off
  /** Divides the logits of the last 64 tokens, of prompt and answer; 1 is off. Source: Keskar et al. 2019, section 4.1. */
  repetitionPenalty?: number;
  presencePenalty?: number; // taken once from each of the last 64 tokens; 0 is off
  frequencyPenalty?: number; // taken as often as the token occurs; 0 is off
  /** Leaves out the most probable tokens, all but the last that has `threshold`, with this probability for each token. */
  xtc?: { probability: number; threshold: number };
  /**
   * Lowers the logit of a token that would repeat a run of the answer, by multiplier * base^(length - allowedLength).
   * Source: https://github.com/oobabooga/text-generation-webui/pull/5677
   */
  dry?: { multiplier: number; base?: number; allowedLength?: number; lastTokens?: number; breakers?: readonly string[] };
  seed?: number;
  /** Added to the logit of a token, by its id. */
  logitBias?: Readonly<Record<string, number>>;
}

/** How far back penalties look: llama.cpp's default. */
const penaltyWindow = 64;

/** Below every positive probability, so that only the most probable token stays; 0 itself means "off" to the library. */
const smallestTopP = 1e-9;

/** llama.cpp takes this seed for "choose one yourself". */
const randomSeed = 0xffffffff;

/** True when nothing but the raw logits decides: the most probable token wins. */
export function isPlainGreedy({ temperature = 0, repetitionPenalty = 1, presencePenalty = 0, frequencyPenalty = 0, xtc, dry, logitBias = {} }: SamplingOptions): boolean {
  return temperature === 0 && !xtc && !dry && repetitionPenalty === 1 && presencePenalty === 0 && frequencyPenalty === 0 && Object.keys(logitBias).length === 0;
}

/**
 * The library's options for `sampling`. `history` is read before each token: prompt and answer so far.
 * @throws {LlmiError} INPUT_INVALID, INPUT_UNSUPPORTED for a token id that cannot be biased
 */
export function evaluateOptions(sampling: SamplingOptions, history: readonly Token[], model: NativeModel, { TokenBias }: LlamaLibrary, { vocabularySize, contextLength }: { vocabularySize: number; contextLength: number }): SequenceEvaluateOptions & { tokenBias: TokenBias } {
  const { temperature = 0, topK = 0, topP = 1, minP = 0, seed = 0 } = sampling;
  return {
    temperature,
    ...(temperature === 0 ? {} : { topK, topP: Math.max(topP, smallestTopP), minP, seed: nativeSeed(seed) }),
    ...penalties(sampling, history),
    ...(sampling.xtc ? { xtc: sampling.xtc } : {}),
    ...dry(sampling.dry, contextLength),
    tokenBias: bias(sampling.logitBias, model, TokenBias, vocabularySize),
  };
}

function penalties({ repetitionPenalty = 1, presencePenalty = 0, frequencyPenalty = 0 }: SamplingOptions, history: readonly Token[]): SequenceEvaluateOptions {
  if (repetitionPenalty === 1 && presencePenalty === 0 && frequencyPenalty === 0) return {};
  return {
    repeatPenalty: {
      penalty: repetitionPenalty,
      presencePenalty,
      frequencyPenalty,
      maxPunishTokens: penaltyWindow,
      punishTokens: () => history.slice(-penaltyWindow),
    },
  };
}

/** The library's own default for how far back it looks, "all", is taken for nothing by the llama.cpp beneath it. */
function dry(options: SamplingOptions['dry'], contextLength: number): SequenceEvaluateOptions {
  if (!options || options.multiplier === 0) return {};
  const { multiplier, base, allowedLength, lastTokens = contextLength, breakers } = options;
  return { dryRepeatPenalty: { strength: multiplier, base, allowedLength, lastTokens, sequenceBreakers: breakers && [...breakers] } };
}

function bias(logitBias: SamplingOptions['logitBias'], model: NativeModel, TokenBias: LlamaLibrary['TokenBias'], vocabularySize: number): TokenBias {
  const tokenBias = TokenBias.for(model);
  for (const [id, value] of Object.entries(logitBias ?? {})) {
    const token = Number(id) as Token;
    if (!(token < vocabularySize)) {
      throw new LlmiError('INPUT_INVALID', {
        message: `There is no token ${id}: this model's ids go from 0 to ${vocabularySize - 1}.`,
        hint: 'Use token ids of this very model.',
        param: 'logit_bias',
      });
    }
    if (model.isEogToken(token)) {
      throw new LlmiError('INPUT_UNSUPPORTED', {
        message: `Token ${id} ends the answer, and llama.cpp's bindings cannot bias such a token.`,
        hint: 'Leave it out; use "max_tokens" to bound the length.',
        param: 'logit_bias',
      });
    }
    tokenBias.set(token, { logit: value });
  }
  return tokenBias;
}

/** The 32 bits that llama.cpp takes: the seed itself where it fits, otherwise both halves mixed. */
export function nativeSeed(seed: number): number {
  const low = seed % 0x100000000;
  const high = Math.floor(seed / 0x100000000);
  const mixed = high === 0 ? low : (low ^ Math.imul(high, 0x9e3779b1)) >>> 0; // 2^32 / golden ratio: spreads neighbouring values
  return mixed === randomSeed ? 0x7fffffff : mixed;
}
