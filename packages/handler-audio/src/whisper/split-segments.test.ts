import { describe, expect, it } from 'vitest';
import { splitSegments } from './split-segments.js';
import type { WhisperSettings } from './whisper-settings.js';

const settings = { firstTimestamp: 100, timePrecision: 0.02, inputStride: 2, hopLength: 160, sampleRate: 16_000 } as WhisperSettings;
const split = (tokens: number[], frames = 3000) => splitSegments(tokens, frames, settings);

describe('splitSegments', () => {
  it('takes all as one where there is no pair of timestamps', () => {
    expect(split([1, 2])).toEqual({ segments: [{ start: 0, end: 30, from: 0, to: 2 }], usedFrames: 3000 });
    expect(split([100, 1, 150], 1000)).toEqual({ segments: [{ start: 0, end: 1, from: 0, to: 3 }], usedFrames: 1000 });
  });

  it('cuts at pairs, and is done with the window when it ends with a single timestamp', () => {
    const { segments, usedFrames } = split([100, 1, 150, 150, 2, 3, 200]);
    expect(segments).toEqual([{ start: 0, end: 1, from: 0, to: 3 }, { start: 1, end: 2, from: 3, to: 7 }]);
    expect(usedFrames).toBe(3000);
  });

  it('is done with a window whose only pair is at its beginning', () => {
    expect(split([100, 100, 1]).usedFrames).toBe(3000);
  });

  it('goes on at the last pair when there is more behind it', () => {
    const { segments, usedFrames } = split([100, 1, 150, 160, 2]);
    expect(segments).toEqual([{ start: 0, end: 1, from: 0, to: 4 }]);
    expect(usedFrames).toBe(100); // of a second
  });
});
