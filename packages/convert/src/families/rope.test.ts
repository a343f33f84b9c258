import { describe, expect, it } from 'vitest';
import { ModelConfig } from './model-config.js';
import { llama3Factors, ropeParameters } from './rope.js';

const rope = (values: Record<string, unknown>) => ropeParameters(new ModelConfig(values, 'LlamaForCausalLM', values));

describe('rotary parameters', () => {
  it('are gathered from old and new configurations', () => {
    expect(rope({ rope_theta: 5, rope_scaling: { type: 'linear', factor: 2 } })).toEqual({ type: 'linear', factor: 2, rope_theta: 5, rope_type: 'linear' });
    expect(rope({ rope_theta: 5, rope_parameters: { rope_type: 'default', rope_theta: 7 } })).toEqual({ rope_type: 'default', rope_theta: 7 });
    expect(rope({ rope_theta: 5, rope_local_base_freq: 3 })).toEqual({ rope_theta: 5, sliding_attention: { rope_theta: 3 } });
  });
});

describe('the factors of LLaMA 3', () => {
  // By hand: base 100, 4 dimensions; frequencies 1 and 1/10, so wavelengths 2 pi and 20 pi = 62.83.
  const scaling = { rope_theta: 100, factor: 8, low_freq_factor: 1, high_freq_factor: 4 };

  it('leave short waves, stretch long ones, and blend between', () => {
    expect([...llama3Factors({ ...scaling, original_max_position_embeddings: 400 }, 4)]).toEqual([1, 1]);
    expect([...llama3Factors({ ...scaling, original_max_position_embeddings: 1 }, 4)]).toEqual([8, 8]);
    const smooth = (100 / (20 * Math.PI) - 1) / 3;
    const [short, blended] = llama3Factors({ ...scaling, original_max_position_embeddings: 100 }, 4);
    expect(short).toBe(1);
    expect(blended).toBeCloseTo(1 / ((1 - smooth) / 8 + smooth), 5);
  });
});
