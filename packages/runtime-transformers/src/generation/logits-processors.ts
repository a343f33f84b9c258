import type { GenerationConfig } from './generation-config.js';

/** Changes the scores of what may follow `ids`, in place. */
export type LogitsProcessor = (ids: readonly number[], scores: Float32Array) => void;

/** What processors are made from: the model's configuration with the request's settings, and the lengths of this generation. */
export interface ProcessorSettings
  extends Pick<
    GenerationConfig,
    | 'eosTokenIds'
    | 'forcedBosTokenId'
    | 'forcedEosTokenIds'
    | 'minLength'
    | 'minNewTokens'
    | 'noRepeatNgramSize'
    | 'encoderNoRepeatNgramSize'
    | 'repetitionPenalty'
    | 'badWords'
    | 'suppressTokens'
    | 'beginSuppressTokens'
  > {
  /** Tokens that `ids` begins with: the prompt, or the start of the decoder. */
  promptLength: number;
  /** Tokens of `ids` at most. */
  maxLength: number;
  /** What the encoder read. */
  encoderIds?: readonly number[];
  presencePenalty?: number;
  frequencyPenalty?: number;
  /** Added to the scores of tokens, by id. */
  logitBias?: ReadonlyMap<number, number>;
}

/** In the order of transformers' `_get_logits_processor`. */
export function makeLogitsProcessors(settings: ProcessorSettings): LogitsProcessor[] {
  const { eosTokenIds, promptLength, minLength, minNewTokens, forcedBosTokenId, forcedEosTokenIds, maxLength, logitBias } = settings;
  const atLeast = Math.max(minLength, minNewTokens > 0 ? promptLength + minNewTokens : 0);
  const processors: (LogitsProcessor | false)[] = [
    logitBias !== undefined && logitBias.size > 0 && addBias(logitBias),
    settings.repetitionPenalty !== 1 && penalizeRepetition(settings.repetitionPenalty),
    Boolean(settings.presencePenalty || settings.frequencyPenalty) && penalizeCounts(promptLength, settings.presencePenalty ?? 0, settings.frequencyPenalty ?? 0),
    settings.noRepeatNgramSize > 0 && ((ids, scores) => forbid(scores, followers(ids, ids, settings.noRepeatNgramSize))),
    settings.encoderNoRepeatNgramSize > 0 && settings.encoderIds !== undefined && ((ids, scores) => forbid(scores, followers(settings.encoderIds!, ids, settings.encoderNoRepeatNgramSize))),
    settings.badWords.length > 0 && forbidWords(settings.badWords.filter((word) => !(word.length === 1 && eosTokenIds.includes(word[0]!)))),
    atLeast > promptLength && ((ids, scores) => ids.length < atLeast && forbid(scores, eosTokenIds)),
    forcedBosTokenId !== undefined && ((ids, scores) => ids.length === 1 && force(scores, [forcedBosTokenId])),
    forcedEosTokenIds.length > 0 && ((ids, scores) => ids.length === maxLength - 1 && force(scores, forcedEosTokenIds)),
    settings.suppressTokens.length > 0 && ((_, scores) => forbid(scores, settings.suppressTokens)),
    settings.beginSuppressTokens.length > 0 && ((ids, scores) => ids.length === beginOf(settings) && forbid(scores, settings.beginSuppressTokens)),
  ];
  return processors.filter((processor) => processor !== false);
}

/** A forced first token is not what begins an answer. */
function beginOf({ promptLength, forcedBosTokenId }: ProcessorSettings): number {
  return promptLength > 1 || forcedBosTokenId === undefined ? promptLength : promptLength + 1;
}

function forbid(scores: Float32Array, tokens: Iterable<number>): void {
  for (const token of tokens) if (token < scores.length) scores[token] = -Infinity;
}

function force(scores: Float32Array, tokens: readonly number[]): void {
  scores.fill(-Infinity);
  for (const token of tokens) scores[token] = 0;
}

function addBias(bias: ReadonlyMap<number, number>): LogitsProcessor {
  return (_, scores) => {
    for (const [token, value] of bias) if (token < scores.length) scores[token] = scores[token]! + value;
  };
}

/** Source: Keskar et al. 2019 (CTRL), https://arxiv.org/abs/1909.05858 */
function penalizeRepetition(penalty: number): LogitsProcessor {
  return (ids, scores) => {
    for (const token of new Set(ids)) {
      const score = scores[token];
      if (score !== undefined) scores[token] = score < 0 ? score * penalty : score / penalty;
    }
  };
}

/** OpenAI's penalties: they count what was generated, not the prompt. */
function penalizeCounts(promptLength: number, presence: number, frequency: number): LogitsProcessor {
  return (ids, scores) => {
    const counts = new Map<number, number>();
    for (const token of ids.slice(promptLength)) counts.set(token, (counts.get(token) ?? 0) + 1);
    for (const [token, count] of counts) scores[token] = scores[token]! - presence - frequency * count;
  };
}

/** Tokens that would end a run of `size` tokens which `source` has already. */
function* followers(source: readonly number[], ids: readonly number[], size: number): Generator<number> {
  if (ids.length + 1 < size) return;
  const end = ids.slice(ids.length - size + 1);
  for (let start = 0; start + size <= source.length; start++) {
    if (end.every((token, index) => source[start + index] === token)) yield source[start + size - 1]!;
  }
}

function forbidWords(words: readonly number[][]): LogitsProcessor {
  return (ids, scores) => {
    const banned = words.filter((word) => word.length > 0 && word.length - 1 <= ids.length && word.slice(0, -1).every((token, index) => ids[ids.length - word.length + 1 + index] === token));
    forbid(scores, banned.map((word) => word.at(-1)!));
  };
}
