import { expect, it } from 'vitest';
import { modelInfoSchema } from '@llmi/core';
import { inferenceParams } from './inference-params.js';

const model = modelInfoSchema.parse({ id: 'a/b', source: 'hub', files: [] });
const withConfig = (config: unknown) => inferenceParams({ ...model, json: { 'generation_config.json': config } });

it('takes the values of generation_config.json before its own', () => {
  expect(inferenceParams(model)).toEqual({ temperature: 0.7, topP: 0.9, topK: 50 });
  expect(withConfig({ do_sample: true, temperature: 0.6, top_p: 0.95, top_k: 20, repetition_penalty: 1.05, max_new_tokens: 256 })).toEqual({
    temperature: 0.6,
    topP: 0.95,
    topK: 20,
    repetitionPenalty: 1.05,
    maxTokens: 256,
  });
  expect(withConfig({ do_sample: false })).toMatchObject({ temperature: 0 });
});

it('passes over values that have no meaning', () => {
  expect(withConfig({ temperature: 'hot', top_k: -1, top_p: 7 })).toEqual({ temperature: 0.7, topP: 0.9, topK: 50 });
});

it('takes what the GGUF file recommends before its own', () => {
  const gguf = { file: 'a.gguf', architecture: 'llama', parameterCount: 1, tensorBytes: 1, bytesByType: {}, metadata: { 'general.sampling.temp': 0.3, 'general.sampling.top_k': 10 }, metadataBytes: 1 };
  expect(inferenceParams({ ...model, gguf })).toEqual({ temperature: 0.3, topP: 0.9, topK: 10 });
});
