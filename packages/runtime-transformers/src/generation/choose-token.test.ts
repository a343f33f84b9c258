import { describe, expect, it } from 'vitest';
import { bestTokens, drawToken, logSoftmax } from './choose-token.js';
import { seededRandom } from './seeded-random.js';

const scores = Float32Array.of(0, 2, 1, -Infinity, 2);

describe('drawToken', () => {
  const draws = (settings: object, values = scores) => new Set(Array.from({ length: 300 }, (_, seed) => drawToken(values, settings, seededRandom(seed))));

  it('takes only what top-k, top-p and min-p leave', () => {
    expect(draws({})).toEqual(new Set([0, 1, 2, 4]));
    expect(draws({ topK: 1 })).toEqual(new Set([1]));
    expect(draws({ topK: 3 })).toEqual(new Set([1, 2, 4]));
    expect(draws({ topP: 0.5 })).toEqual(new Set([1, 4])); // each of the two has 0.39
    expect(draws({ minP: 0.3 })).toEqual(new Set([1, 2, 4])); // the third has e^-1 = 0.37 of the likeliest, the last 0.14
  });

  it('follows the probabilities', () => {
    const two = Float32Array.of(Math.log(3), 0);
    const count = Array.from({ length: 2000 }, (_, seed) => drawToken(two, {}, seededRandom(seed))).filter((token) => token === 0).length;
    expect(count / 2000).toBeCloseTo(0.75, 1);
  });
});

it('finds the best tokens, of equal ones the first', () => {
  expect(bestTokens(scores, 2)).toEqual([1, 4]);
  expect(bestTokens(scores, 10)).toEqual([1, 4, 2, 0]);
});

it('gives logarithms of probabilities that add up to 1', () => {
  expect(logSoftmax(Float32Array.of(0, 0, -Infinity)).reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 6);
});
