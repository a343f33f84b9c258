import { expect, it } from 'vitest';
import { nearestKind } from './nearest-kind.js';

it('finds the kind that is meant, or of the family, or none', () => {
  const known = ['LlamaForCausalLM', 'Qwen2ForCausalLM', 'StableDiffusionPipeline', 'whisper'];
  expect(nearestKind('LlammaForCausalLM', known)).toBe('LlamaForCausalLM');
  expect(nearestKind('Qwen7VLForConditionalGeneration', known)).toBe('Qwen2ForCausalLM');
  expect(nearestKind('StableDiffusion9Pipeline', known)).toBe('StableDiffusionPipeline');
  expect(nearestKind('ZebraForCausalLM', known)).toBeUndefined();
  expect(nearestKind('PhlamaForCausalLM', known)).toBeUndefined(); // only the ending is alike
  expect(nearestKind('Zebra', [])).toBeUndefined();
});
