import { describe, expect, it } from 'vitest';
import { clampTo, dynamicThreshold } from './dynamic-threshold.js';

describe('dynamic threshold', () => {
  const options = { dynamic_thresholding_ratio: 0.5, sample_max_value: 10 };

  it('divides by the quantile of the absolute values, and clamps to it', () => {
    // Absolute values 1, 2, 4, 8: their median is 3.
    expect(dynamicThreshold(Float32Array.of(1, -2, 4, -8), options, 1)).toEqual(Float32Array.of(1 / 3, -2 / 3, 1, -1));
  });

  it('is at least 1 and at most sample_max_value', () => {
    expect(dynamicThreshold(Float32Array.of(0.1, -0.2), options, 1)).toEqual(Float32Array.of(0.1, -0.2));
    expect(dynamicThreshold(Float32Array.of(100, -50), { ...options, sample_max_value: 4 }, 1)).toEqual(Float32Array.of(1, -1));
  });

  it('treats every picture of a batch by itself', () => {
    expect(dynamicThreshold(Float32Array.of(2, 2, 8, 8), options, 2)).toEqual(Float32Array.of(1, 1, 1, 1));
  });
});

it('clamps to a limit on both sides', () => {
  expect(clampTo(Float32Array.of(-3, 0.5, 3), 1)).toEqual(Float32Array.of(-1, 0.5, 1));
});
