import type { GenerateRequest } from '@llmi/core';
import type { GenerationSettings } from './generate-tokens.js';
import type { GenerationConfig } from './generation-config.js';

const seeds = 2 ** 31;

/** What a request says of how to generate, over what the model's files say. */
export function generationSettings(request: GenerateRequest, generation: GenerationConfig, maxNewTokens: number): GenerationSettings {
  const { temperature = generation.doSample ? (generation.temperature ?? 1) : 0, topK = generation.topK, topP = generation.topP, minP = generation.minP } = request;
  return {
    config: { ...generation, repetitionPenalty: request.repetitionPenalty ?? generation.repetitionPenalty },
    maxNewTokens,
    presencePenalty: request.presencePenalty,
    frequencyPenalty: request.frequencyPenalty,
    ...(request.logitBias ? { logitBias: new Map(Object.entries(request.logitBias).map(([id, bias]) => [Number(id), bias])) } : {}),
    ...(temperature > 0 ? { sampling: { temperature, topK, topP, minP, seed: request.seed ?? Math.floor(Math.random() * seeds) } } : {}),
  };
}
