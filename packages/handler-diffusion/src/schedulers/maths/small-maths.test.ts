import { expect, it } from 'vitest';
import { integrate } from './gauss-kronrod.js';
import { numpyLog32 } from './numpy-log32.js';
import { solve32 } from './solve32.js';

it('solves a system that needs rows exchanged', () => {
  expect(solve32([[0, 2], [4, 1]], [6, 7])).toEqual([1, 3]);
});

it('has nothing to solve in an empty system', () => {
  expect(solve32([], [])).toEqual([]);
});

it('integrates a polynomial exactly, downwards with the opposite sign', () => {
  const cube = (x: number) => 4 * x ** 3 - 2;
  expect(integrate(cube, 0, 2)).toBeCloseTo(12, 12);
  expect(integrate(cube, 2, 0)).toBeCloseTo(-12, 12);
});

// numpy 2.4.6: numpy.log(numpy.float32(x)) for three x where it is not the nearest float32 of the logarithm
it('takes the logarithm that numpy takes of a float32', () => {
  const expected: [x: number, log: number][] = [[1.0735057592391968, 0.07092969864606857], [0.6312575936317444, -0.4600412845611572], [1.3465720415115356, 0.2975620925426483]];
  for (const [x, log] of expected) {
    expect(numpyLog32(x)).toBe(log);
    expect(Math.fround(Math.log(x))).not.toBe(log);
  }
  expect(numpyLog32(0)).toBe(-Infinity);
  expect(numpyLog32(1)).toBe(0);
});
