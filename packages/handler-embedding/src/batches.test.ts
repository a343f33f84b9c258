import { expect, it } from 'vitest';
import { makeBatches } from './batches.js';

it('puts texts of like length together, longest first, within the budget', () => {
  expect(makeBatches([3, 10, 4, 9, 3], 20)).toEqual([
    [1, 3], // 2 x 10
    [2, 0, 4], // 3 x 4
  ]);
});

it('gives a text beyond the budget a batch of its own', () => {
  expect(makeBatches([5, 100, 50], 20)).toEqual([[1], [2], [0]]);
});

it('keeps every text exactly once', () => {
  const lengths = Array.from({ length: 500 }, (_, index) => (index * 37) % 61);
  const batches = makeBatches(lengths);
  expect(batches.flat().sort((left, right) => left - right)).toEqual(lengths.map((_, index) => index));
  for (const batch of batches) expect(batch.length * Math.max(...batch.map((index) => lengths[index]!))).toBeLessThanOrEqual(512);
});
