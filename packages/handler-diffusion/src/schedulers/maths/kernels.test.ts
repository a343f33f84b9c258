import { describe, expect, it } from 'vitest';
import { kernels } from './kernels.js';
import { recycle } from './simd.js';
import { weightedSum, type Term } from './weighted-sum.js';

const f = Math.fround;

describe('weighted sums', () => {
  it('add up one to seven terms', () => {
    for (let count = 1; count <= 7; count++) {
      const terms: Term[] = Array.from({ length: count }, (_, index) => [2 ** index, Float32Array.of(1, 0, -1)]);
      expect(weightedSum(...terms)).toEqual(Float32Array.of(2 ** count - 1, 0, 1 - 2 ** count));
    }
  });

  it('have every length, in one chunk or several', () => {
    for (const length of [1, 2, 3, 4, 5, 16_383, 16_384, 16_385, 40_001]) {
      const [left, right] = [Float32Array.from({ length }, (_, index) => index), Float32Array.from({ length }, (_, index) => index % 7)];
      const sum = weightedSum([1, left], [-2, right]);
      expect(sum).toHaveLength(length);
      expect(sum.every((value, index) => value === index - 2 * (index % 7))).toBe(true);
    }
  });

  it('round after every operation, as float32 does', () => {
    const [x, y] = [f(1.2345679), f(-1.2345678)];
    expect(weightedSum([3.3, Float32Array.of(x)], [3.3, Float32Array.of(y)])[0]).toBe(f(f(f(3.3) * x) + f(f(3.3) * y)));
  });

  it('do not hide NaN behind a weight of 0', () => {
    expect(weightedSum([0, Float32Array.of(NaN)], [1, Float32Array.of(1)])[0]).toBeNaN();
  });

  it('refuse arrays of different sizes', () => {
    expect(() => weightedSum([1, new Float32Array(4)], [1, new Float32Array(5)])).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }));
  });
});

describe('kernels', () => {
  const [sample, output] = [Float32Array.of(1000.123, -3.5), Float32Array.of(0.7, 0.2)];
  const [factor, divisor, sigma, distance] = [f(-0.9), f(7.3), f(4096), f(-4000.5)];

  it('take the derivative and move along it in diffusers\' order', () => {
    const expected = sample.map((x, index) => f(f(x - f(f(output[index]! * factor) + f(x / divisor))) / sigma));
    expect(kernels.derivative([factor, divisor, sigma], sample, output)).toEqual(expected);
    const moved = sample.map((x, index) => f(x + f(expected[index]! * distance)));
    expect(kernels.move([factor, divisor, sigma, distance], sample, output)).toEqual(moved);
  });

  it('are the same with a divisor of 1 and without it', () => {
    expect(kernels.plainDerivative([factor, sigma], sample, output)).toEqual(kernels.derivative([factor, 1, sigma], sample, output));
    expect(kernels.plainMove([factor, sigma, distance], sample, output)).toEqual(kernels.move([factor, 1, sigma, distance], sample, output));
  });

  it('find what was mixed into a sample', () => {
    const mixed = weightedSum([0.5, sample], [0.25, output]);
    kernels.unmixed([0.25, 0.5], mixed, output).forEach((value, index) => expect(value).toBeCloseTo(sample[index]!, 3));
  });
});

describe('recycled memory', () => {
  it('is written again by a kernel of that size, all of it', () => {
    const array = new Float32Array(9).fill(NaN);
    recycle(array);
    expect(weightedSum([1, new Float32Array(8)])).not.toBe(array);
    const again = weightedSum([2, new Float32Array(9).fill(3)]);
    expect(again).toBe(array);
    expect(again).toEqual(new Float32Array(9).fill(6));
    expect(weightedSum([1, new Float32Array(9)])).not.toBe(array);
  });
});
