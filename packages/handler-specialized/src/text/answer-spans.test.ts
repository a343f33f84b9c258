import { expect, it } from 'vitest';
import { bestSpans, noAnswerScore, spanProbabilities } from './answer-spans.js';

it('gives probabilities to what may answer only', () => {
  const probabilities = spanProbabilities(Float32Array.of(5, 1, 1), [false, true, true]);
  expect(Array.from(probabilities)).toEqual([0, 0.5, 0.5]);
});

it('finds spans that end after they begin, the best first, and leaves out others', () => {
  const [starts, ends] = [Float64Array.of(0.1, 0.2, 0.7), Float64Array.of(0.6, 0.3, 0.1)];
  const spans = bestSpans(starts, ends, [true, true, true], 2);
  expect(spans.map(({ start, end }) => [start, end])).toEqual([[2, 2], [0, 0]]);
  expect(bestSpans(starts, ends, [false, true, true], 2)).toHaveLength(1);
  expect(noAnswerScore(starts, ends)).toBeCloseTo(0.06, 10);
});

it('has no answers of more than fifteen tokens', () => {
  const starts = new Float64Array(20);
  const ends = new Float64Array(20);
  [starts[0], ends[19], ends[14]] = [1, 1, 0.1];
  expect(bestSpans(starts, ends, new Array<boolean>(20).fill(true), 1)[0]).toMatchObject({ start: 0, end: 14 });
});
