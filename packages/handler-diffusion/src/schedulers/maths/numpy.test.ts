import { describe, expect, it } from 'vitest';
import { arange, interpolateAt, linspace, roundHalfEven } from './numpy.js';

describe('numpy', () => {
  it('spreads evenly, the end included or not', () => {
    expect(linspace(0, 999, 4)).toEqual([0, 333, 666, 999]);
    expect(linspace(0, 50, 4, { endpoint: false })).toEqual([0, 12.5, 25, 37.5]);
    expect(linspace(7, 9, 1)).toEqual([7]);
  });

  it('counts down to the stop, which is left out', () => {
    expect(arange(1000, 0, -250)).toEqual([1000, 750, 500, 250]);
    expect(arange(3, 0, -1.25)).toEqual([3, 1.75, 0.5]);
  });

  it('rounds halves to the even neighbour', () => {
    expect([0.5, 1.5, 2.5, 2.4999, -1.5, 3].map(roundHalfEven)).toEqual([0, 2, 2, 2, -2, 3]);
  });

  it('interpolates between neighbours and holds the ends', () => {
    const values = [10, 20, 40];
    expect([-1, 0, 0.5, 1.25, 2, 9].map((x) => interpolateAt(x, values))).toEqual([10, 10, 15, 25, 40, 40]);
  });
});
