import { LlmiError } from '@llmi/core';
import type { GrammarMatcher, TokenGrammar } from '@llmi/grammar';
import { beamSearch } from './beam-search.js';
import { bestTokens, drawToken, likeliest, logSoftmax, type SamplingSettings } from './choose-token.js';
import type { GenerationConfig } from './generation-config.js';
import { makeLogitsProcessors, type ProcessorSettings } from './logits-processors.js';
import { HeldAnswer } from './output-grammars.js';
import { seededRandom } from './seeded-random.js';
import type { TokenSequence } from './token-sequence.js';

/** What a request says of how to generate; the rest is the model's configuration. */
export interface GenerationSettings extends Pick<ProcessorSettings, 'presencePenalty' | 'frequencyPenalty' | 'logitBias' | 'encoderIds'> {
  config: GenerationConfig;
  maxNewTokens: number;
  /** Draws tokens by their probability; without it the likeliest is taken, or a beam search follows several. */
  sampling?: SamplingSettings & { seed: number };
  /** Measures each token, with so many of the likeliest ones. */
  logprobs?: number;
  /** How many tokens of the start the sequence has already. */
  known?: number;
  /** Shape that the answer is held to; a function is asked before each token. Not with several beams. */
  grammar?: TokenGrammar | (() => TokenGrammar | undefined);
  /** Sees each token before the next is asked for, and may say which ones come next instead. Not with several beams. */
  steer?: (token: number) => readonly number[] | undefined;
}

/** A token and what its probability was, as natural logarithm, before any setting changed it. */
export interface GeneratedToken {
  token: number;
  logprob?: number;
  top?: { token: number; logprob: number }[];
}

/** `stop`: the model ended; `length`: there is no more room. */
export type EndReason = 'stop' | 'length';

/**
 * Tokens that follow `start`, one by one; the token that ends the answer is not among them. With several beams and no sampling they
 * come at the end, all at once. Stops between tokens when aborted.
 */
export async function* generateTokens(sequence: TokenSequence, start: readonly number[], settings: GenerationSettings, signal?: AbortSignal): AsyncGenerator<GeneratedToken, EndReason> {
  const { config, maxNewTokens, sampling, logprobs, known = 0, grammar, steer } = settings;
  const maxLength = start.length + maxNewTokens;
  const processors = makeLogitsProcessors({ ...config, ...settings, promptLength: start.length, maxLength });
  if (config.numBeams > 1 && !sampling) {
    const found = await beamSearch(sequence, start, processors, { ...config, maxLength }, signal);
    const isEnded = config.eosTokenIds.includes(found.at(-1)!);
    for (const token of isEnded ? found.slice(0, -1) : found) yield { token };
    return isEnded ? 'stop' : 'length';
  }
  const random = seededRandom(sampling?.seed ?? 0);
  const held = grammar && new HeldAnswer(grammar);
  const ids = [...start];
  let added: readonly number[] = start.slice(known);
  let told: readonly number[] = [];
  while (ids.length < maxLength) {
    signal?.throwIfAborted();
    const form = held?.current;
    if (told.length === 0 && form?.isComplete) return 'stop';
    const logits = (await sequence.step([added], signal))[0]!;
    const measured = logprobs === undefined ? undefined : logSoftmax(logits);
    for (const process of processors) process(ids, logits);
    const token = told[0] ?? chooseToken(logits, { form, ends: config.eosTokenIds, sampling, random });
    if (told.length === 0 && config.eosTokenIds.includes(token)) return 'stop';
    if (form && !form.advance(token) && told.length === 0) throw nothingLeft();
    ids.push(token);
    added = [token];
    told = steer?.(token) ?? told.slice(1);
    yield measured === undefined ? { token } : { token, ...measure(measured, token, logprobs!) };
  }
  return 'length';
}

function chooseToken(logits: Float32Array, { form, ends, sampling, random }: { form?: GrammarMatcher; ends: readonly number[]; sampling?: SamplingSettings; random: () => number }): number {
  if (!sampling) {
    // Nearly always the likeliest one fits, and the others need not be looked at.
    const best = likeliest(logits);
    if (!form || (ends.includes(best) ? form.mayEnd : form.allows(best))) return best;
  }
  form?.restrict(logits, ends);
  return sampling ? drawToken(logits, sampling, random) : likeliest(logits);
}

/** What the grammar allows, the other settings forbid. */
function nothingLeft(): LlmiError {
  return new LlmiError('INPUT_UNSUPPORTED', {
    message: 'No token is left that the form of the answer allows and the other settings do not forbid.',
    hint: 'Leave "logit_bias" out, or change the form.',
    param: 'response_format',
  });
}

function measure(logProbabilities: Float32Array, token: number, count: number): Omit<GeneratedToken, 'token'> {
  const top = count === 0 ? [] : bestTokens(logProbabilities, count);
  return { logprob: logProbabilities[token]!, top: top.map((other) => ({ token: other, logprob: logProbabilities[other]! })) };
}
