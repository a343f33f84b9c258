import { describe, expect, it } from 'vitest';
import { isPlainGreedy, nativeSeed } from './sampling.js';

describe('seeds', () => {
  it('are taken as they are where they fit into 32 bits', () => {
    expect(nativeSeed(0)).toBe(0);
    expect(nativeSeed(123456789)).toBe(123456789);
  });

  it('never become the one that means "random"', () => {
    expect(nativeSeed(0xffffffff)).not.toBe(0xffffffff);
  });

  it('differ by their upper bits too', () => {
    const seeds = [5, 5 + 2 ** 32, 5 + 2 ** 33, 5 + 2 ** 52].map(nativeSeed);
    expect(new Set(seeds).size).toBe(seeds.length);
    for (const seed of seeds) expect(seed >= 0 && seed < 2 ** 32 && Number.isInteger(seed)).toBe(true);
  });
});

it('is plainly greedy only when nothing changes the logits', () => {
  expect(isPlainGreedy({})).toBe(true);
  expect(isPlainGreedy({ temperature: 0, topK: 5, repetitionPenalty: 1 })).toBe(true);
  for (const sampling of [{ temperature: 0.1 }, { repetitionPenalty: 1.1 }, { presencePenalty: 1 }, { frequencyPenalty: -1 }, { logitBias: { 1: 2 } }]) {
    expect(isPlainGreedy(sampling)).toBe(false);
  }
});
