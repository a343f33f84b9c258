import { describe, expect, it } from 'vitest';
import { fromHalf, toHalf } from './half-precision.js';

describe('half precision', () => {
  it('keeps every half-precision number', () => {
    const all = Uint16Array.from({ length: 65_536 }, (_, index) => index).filter((half) => (half & 0x7c00) !== 0x7c00 || (half & 0x3ff) === 0);
    expect(toHalf(fromHalf(all))).toEqual(all);
  });

  it('rounds to the nearest, half to even', () => {
    const step = 2 ** -10; // between 1 and 2
    expect([...fromHalf(toHalf([1 + 0.5 * step, 1 + 1.5 * step, 1 + 0.51 * step, -(1 + 1.5 * step)]))]).toEqual([1, 1 + 2 * step, 1 + step, -(1 + 2 * step)]);
    const smallest = 2 ** -24;
    expect([...fromHalf(toHalf([0.5 * smallest, 0.51 * smallest, 1.5 * smallest, 2.5 * smallest, -0.75 * smallest]))]).toEqual([0, smallest, 2 * smallest, 2 * smallest, -smallest]);
  });

  it('has limits', () => {
    expect([...fromHalf(toHalf([65_504, 65_519, 65_520, -1e9]))]).toEqual([65_504, 65_504, Infinity, -Infinity]);
    expect(fromHalf(toHalf([NaN]))[0]).toBeNaN();
  });
});
