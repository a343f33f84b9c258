import { describe, expect, it } from 'vitest';
import { SpeechSpans } from './speech-spans.js';

/** Probabilities of steps of 0.1 seconds. */
function spans(probabilities: number[], threshold?: number) {
  const all = new SpeechSpans({ threshold, windowSamples: 1600, sampleRate: 16_000 });
  probabilities.forEach((probability) => all.add(probability));
  return all.finish(probabilities.length / 10).map(({ start, end }) => [start, end]);
}

describe('SpeechSpans', () => {
  it('finds speech, with a little around it', () => {
    expect(spans([0, 0, 0.9, 0.9, 0.9, 0.9, 0, 0, 0])).toEqual([[0.17, 0.63]]);
  });

  it('leaves out what is too short, and bridges what is not quite silent', () => {
    expect(spans([0, 0.9, 0.9, 0, 0, 0])).toEqual([]);
    expect(spans([0, 0.9, 0.9, 0.4, 0.4, 0.9, 0.9, 0, 0, 0])).toEqual([[0.07, 0.73]]);
  });

  it('ends speech with the sound', () => {
    expect(spans([0, 0.9, 0.9, 0.9, 0.9])).toEqual([[0.07, 0.5]]);
  });

  it('listens as closely as it is told to', () => {
    expect(spans([0, 0.3, 0.3, 0.3, 0.3, 0, 0], 0.2)).toEqual([[0.07, 0.53]]);
    expect(spans([0, 0.3, 0.3, 0.3, 0.3, 0, 0])).toEqual([]);
  });
});
