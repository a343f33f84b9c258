import type { WhisperSettings } from './whisper-settings.js';

/** A part of a window between two timestamps. */
export interface TokenSegment {
  /** Seconds from the beginning of the window. */
  start: number;
  end: number;
  /** Where its tokens, timestamps among them, are in those of the window. */
  from: number;
  to: number;
}

/**
 * Cuts the tokens of a window at their timestamps, and says how many frames of the spectrogram they account for: what comes after the
 * last pair of timestamps was cut off by the window, and is heard again in the next one. `frames`: of the window that hold sound.
 * Source: `_retrieve_segment` of transformers 4.57
 */
export function splitSegments(tokens: readonly number[], frames: number, { firstTimestamp, timePrecision, inputStride, hopLength, sampleRate }: WhisperSettings): { segments: TokenSegment[]; usedFrames: number } {
  const isTimestamp = (index: number) => index >= 0 && tokens[index]! >= firstTimestamp;
  const timeAt = (index: number) => (tokens[index]! - firstTimestamp) * timePrecision;
  const endsAlone = tokens.length >= 2 && isTimestamp(tokens.length - 1) && !isTimestamp(tokens.length - 2);
  const cuts = tokens.flatMap((_, index) => (isTimestamp(index) && isTimestamp(index - 1) ? [index] : []));
  if (cuts.length === 0) {
    const last = tokens.findLast((token) => token >= firstTimestamp);
    const whole = Math.trunc((frames * (hopLength / sampleRate)) / timePrecision) * timePrecision;
    const end = last !== undefined && last !== firstTimestamp ? (last - firstTimestamp) * timePrecision : whole;
    return { segments: [{ start: 0, end, from: 0, to: tokens.length }], usedFrames: frames };
  }
  if (endsAlone) cuts.push(tokens.length);
  else cuts[cuts.length - 1]! += 1; // the second timestamp of the last pair tells that the end was not alone
  const segments = cuts.map((to, index): TokenSegment => {
    const from = index === 0 ? 0 : cuts[index - 1]!;
    const isOpen = index === cuts.length - 1 && !endsAlone;
    return { start: timeAt(from), end: timeAt(isOpen ? to - 2 : to - 1), from, to };
  });
  const lastPair = (tokens[cuts.at(-1)! - 2]! - firstTimestamp) * inputStride;
  return { segments, usedFrames: endsAlone || lastPair === 0 ? frames : lastPair }; // a pair at the very beginning would have the same window heard for ever
}
