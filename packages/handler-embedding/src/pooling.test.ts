import { describe, expect, it } from 'vitest';
import { normalize, poolTokens } from './pooling.js';

// Three tokens of two dimensions: [3, 2]
const tokens = Float32Array.of(1, 6, 4, 0, 10, 3);
const pool = (mode: Parameters<typeof poolTokens>[3][number], skipped = 0) => poolTokens(tokens, 2, skipped, [mode]);

describe('poolTokens', () => {
  it('takes the first token', () => expect(pool('cls')).toEqual(Float32Array.of(1, 6)));
  it('takes the last token', () => expect(pool('lasttoken')).toEqual(Float32Array.of(10, 3)));
  it('takes the mean', () => expect(pool('mean')).toEqual(Float32Array.of(5, 3)));
  it('takes the largest of each dimension', () => expect(pool('max')).toEqual(Float32Array.of(10, 6)));

  it('takes the sum over the square root of the count', () => {
    expect(pool('mean_sqrt_len_tokens')).toEqual(Float32Array.of(15 / Math.sqrt(3), 9 / Math.sqrt(3)));
  });

  it('weighs later tokens more: (1 x 1 + 2 x 4 + 3 x 10) / 6', () => {
    expect(pool('weightedmean')).toEqual(Float32Array.of(39 / 6, 15 / 6));
  });

  it('keeps the weights of positions when tokens before were left out: (3 x 1 + 4 x 4 + 5 x 10) / 12', () => {
    expect(pool('weightedmean', 2)).toEqual(Float32Array.of(69 / 12, 33 / 12));
  });

  it('puts several ways one after the other', () => {
    expect(poolTokens(tokens, 2, 0, ['cls', 'mean', 'max'])).toEqual(Float32Array.of(1, 6, 5, 3, 10, 6));
  });

  it('does not change the tokens', () => {
    normalize(pool('cls'));
    normalize(pool('lasttoken'));
    normalize(pool('max'));
    expect(tokens).toEqual(Float32Array.of(1, 6, 4, 0, 10, 3));
  });
});

describe('normalize', () => {
  it('scales to length 1', () => expect(normalize(Float32Array.of(3, 4))).toEqual(Float32Array.of(0.6, 0.8)));
  it('leaves zeros alone', () => expect(normalize(Float32Array.of(0, 0))).toEqual(Float32Array.of(0, 0)));
});
