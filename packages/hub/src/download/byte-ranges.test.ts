import { expect, it } from 'vitest';
import { ByteRanges } from './byte-ranges.js';

it('joins what touches or overlaps, in any order', () => {
  const ranges = new ByteRanges();
  for (const [from, to] of [[10, 20], [30, 40], [0, 5], [20, 30], [4, 7], [50, 50]] as const) ranges.add(from, to);
  expect(ranges.bytes).toBe(37);
  expect(ranges.endFrom(0)).toBe(7);
  expect(ranges.endFrom(7)).toBe(7);
  expect(ranges.endFrom(10)).toBe(40);
  expect(ranges.endFrom(40)).toBe(40);
  ranges.add(5, 12);
  expect(ranges.endFrom(0)).toBe(40);
});

it('finds gaps, also those that a removal leaves', () => {
  const ranges = new ByteRanges();
  expect(ranges.firstGap(0, 100)).toEqual({ from: 0, to: 100 });
  ranges.add(0, 100);
  expect(ranges.firstGap(0, 100)).toBeUndefined();
  ranges.remove(40, 60);
  expect(ranges.firstGap(0, 100)).toEqual({ from: 40, to: 60 });
  expect(ranges.firstGap(50, 100)).toEqual({ from: 50, to: 60 });
  expect(ranges.firstGap(60, 120)).toEqual({ from: 100, to: 120 });
  expect(ranges.bytes).toBe(80);
});

it('is right for many ranges: the same as a table of booleans', () => {
  const ranges = new ByteRanges();
  const table = new Array<boolean>(200).fill(false);
  for (let step = 0, value = 1; step < 400; step++) {
    value = (value * 1_103_515_245 + 12_345) % 2_147_483_648;
    const from = value % 190;
    const to = from + 1 + ((value >> 8) % 10);
    if (step % 4 === 3) ranges.remove(from, to);
    else ranges.add(from, to);
    table.fill(step % 4 !== 3, from, to);
    const gap = table.indexOf(false, from);
    expect(ranges.bytes).toBe(table.filter(Boolean).length);
    expect(ranges.firstGap(from, 200)?.from).toBe(gap === -1 ? undefined : gap);
  }
});
