import { describe, expect, it } from 'vitest';
import { applyTokenRules } from './token-rules.js';
import type { WhisperSettings } from './whisper-settings.js';

// Ten tokens: 0 to 3 are text, 4 is the end, 5 "no timestamps", 6 to 9 are timestamps.
const settings = { suppressed: [1], suppressedAtBegin: [4], noTimestampsToken: 5, firstTimestamp: 6, endToken: 4, maxInitialTimestamp: 1 } as unknown as WhisperSettings;

/** Tokens that may come next, of logits that are equal but for those given. */
function allowed(sequence: number[], timestamps: boolean, logits: Record<number, number> = {}): number[] {
  const values = Float32Array.from({ length: 10 }, (_, token) => logits[token] ?? (token < 6 ? 5 : 0)); // text is likelier than timestamps
  applyTokenRules(values, sequence, { settings, timestamps });
  return [...values.keys()].filter((token) => values[token] !== -Infinity);
}

describe('applyTokenRules', () => {
  it('leaves out what is suppressed, and the end at the beginning', () => {
    expect(allowed([], false)).toEqual([0, 2, 3, 5, 6, 7, 8, 9]);
    expect(allowed([0], false)).toEqual([0, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('begins with a timestamp that is not too late', () => {
    expect(allowed([], true)).toEqual([6, 7]);
  });

  it('wants text after the first timestamp, and time to go on', () => {
    expect(allowed([6], true)).toEqual([0, 2, 3, 4]);
    expect(allowed([7, 0], true)).toEqual([0, 2, 3, 4, 8, 9]);
  });

  it('wants a second timestamp or the end after one that closes a segment', () => {
    expect(allowed([6, 0, 8], true)).toEqual([4, 8, 9]);
    expect(allowed([6, 0, 8, 8], true)).toEqual([0, 2, 3, 4]);
  });

  it('takes a timestamp when all of them together are likelier than any text', () => {
    expect(allowed([6, 0], true, { 0: 5, 2: 5, 3: 5, 4: 5, 7: 4, 8: 4, 9: 4 })).toEqual([7, 8, 9]); // log(3 e^4) = 5.1
    expect(allowed([6, 0], true, { 0: 5.2, 7: 4, 8: 4, 9: 4 })).toContain(0);
  });
});
