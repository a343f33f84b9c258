import type { WhisperSettings } from './whisper-settings.js';

/** Which rules a sequence is made by. */
export interface TokenRules {
  settings: WhisperSettings;
  /** Timestamps are written, by their own grammar. */
  timestamps: boolean;
}

/**
 * Rules out tokens that must not come next, by -Infinity, in place. `sequence`: the tokens made so far.
 * Source: SuppressTokens(AtBegin)LogitsProcessor and WhisperTimeStampLogitsProcessor of transformers 4.57; OpenAI's Whisper, decoding.py
 */
export function applyTokenRules(logits: Float32Array, sequence: readonly number[], { settings, timestamps }: TokenRules): void {
  if (sequence.length === 0) for (const token of settings.suppressedAtBegin) logits[token] = -Infinity;
  for (const token of settings.suppressed) logits[token] = -Infinity;
  if (timestamps) applyTimestampRules(logits, sequence, settings);
}

function applyTimestampRules(logits: Float32Array, sequence: readonly number[], { noTimestampsToken, firstTimestamp, endToken, maxInitialTimestamp }: WhisperSettings): void {
  if (noTimestampsToken !== undefined) logits[noTimestampsToken] = -Infinity;
  const isTimestamp = (token: number | undefined) => token !== undefined && token >= firstTimestamp;
  // Timestamps come in pairs, at the end of one segment and the beginning of the next, or alone before the end of all.
  const lastIs = isTimestamp(sequence.at(-1));
  const beforeIs = sequence.length < 2 || isTimestamp(sequence.at(-2));
  if (lastIs && beforeIs) logits.fill(-Infinity, firstTimestamp);
  else if (lastIs) logits.fill(-Infinity, 0, endToken);
  const latest = sequence.findLast(isTimestamp);
  // Time does not go back; a segment is not empty.
  if (latest !== undefined) logits.fill(-Infinity, firstTimestamp, lastIs && !beforeIs ? latest : latest + 1);
  if (sequence.length === 0) {
    logits.fill(-Infinity, 0, firstTimestamp);
    if (maxInitialTimestamp !== undefined) logits.fill(-Infinity, firstTimestamp + maxInitialTimestamp + 1);
  }
  if (timestampIsLikelier(logits, firstTimestamp)) logits.fill(-Infinity, 0, firstTimestamp);
}

/** Whether all timestamps together are likelier than the likeliest text token. */
function timestampIsLikelier(logits: Float32Array, firstTimestamp: number): boolean {
  const best = (start: number, end: number) => {
    let highest = -Infinity;
    for (let token = start; token < end; token++) if (logits[token]! > highest) highest = logits[token]!;
    return highest;
  };
  const [text, timestamp] = [best(0, firstTimestamp), best(firstTimestamp, logits.length)];
  if (timestamp === -Infinity) return false;
  let sum = 0;
  for (let token = firstTimestamp; token < logits.length; token++) sum += Math.exp(logits[token]! - timestamp);
  return timestamp + Math.log(sum) > text;
}
