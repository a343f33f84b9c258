import { describe, expect, it } from 'vitest';
import { countParameters, sizeLabel } from './size-label.js';

const label = (total: number) => sizeLabel({ total, shared: total, perExpert: 0, expertCount: 0 });

describe('the label of a size', () => {
  it('has two digits at least, and halves go to the even one', () => {
    expect([70_000, 12_500, 1_000_000, 1_000_001, 2_500_000, 10_500_000, 596_049_920, 7_241_732_096, 1.5e12, 950].map(label)).toEqual([
      '70K', '12K', '1000K', '1.0M', '2.5M', '10M', '596M', '7.2B', '1.5T', '1.0K',
    ]);
  });

  it('names the experts and the size of one with what they share', () => {
    expect(sizeLabel({ total: 46_702_792_704, shared: 1_605_000_000, perExpert: 5_637_000_000, expertCount: 8 })).toBe('8x7.2B');
  });
});

describe('counting parameters', () => {
  it('takes one expert of several', () => {
    expect(countParameters([{ name: 'blk.0.ffn_up_exps.weight', shape: [4, 10, 5] }, { name: 'output.weight', shape: [7, 2] }])).toEqual({ total: 214, shared: 14, perExpert: 50, expertCount: 4 });
  });

  it('takes an adapter as the tensors that it changes, and negative', () => {
    const pair = [{ name: 'a.weight.lora_a', shape: [4, 64] }, { name: 'a.weight.lora_b', shape: [32, 4] }];
    expect(countParameters(pair).total).toBe(-2048);
    expect(countParameters([...pair].reverse()).total).toBe(0);
  });
});
