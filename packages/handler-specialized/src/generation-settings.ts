import type { GenerateRequest } from '@llmi/core';
import { generationSettings as requestSettings, readGenerationConfig, type GenerationConfig, type GenerationSettings } from '@llmi/runtime-transformers';

/** Fields of a request that say how text is generated. */
export const generationFields = ['maxTokens', 'temperature', 'topK', 'topP', 'minP', 'repetitionPenalty', 'presencePenalty', 'frequencyPenalty', 'seed', 'stopSequences', 'logitBias'] as const;

/** Tokens of an answer where neither the request nor the model says how many. */
const defaultNewTokens = 256;

/** What is asked for its settings. */
interface GeneratingModel {
  config: GenerationConfig;
  decoderPositions?: number;
}

interface SettingsContext {
  /** What config.json says of the task. */
  overrides?: Record<string, unknown>;
  encoderIds?: readonly number[];
  /** Tokens that the answer begins with. */
  startTokens?: number;
}

/** The model's configuration, what it says of this task, and the request, the later before the earlier. */
export function generationSettings({ config, decoderPositions = Infinity }: GeneratingModel, request: GenerateRequest, { overrides = {}, encoderIds, startTokens = 1 }: SettingsContext = {}): GenerationSettings {
  const forTask: GenerationConfig = { ...config, ...definedOf(readGenerationConfig(overrides, undefined), overrides) };
  const asked = request.maxTokens ?? forTask.maxNewTokens ?? (forTask.maxLength === undefined ? defaultNewTokens : forTask.maxLength - startTokens);
  return { ...requestSettings(request, forTask, Math.max(1, Math.min(asked, decoderPositions - startTokens))), encoderIds };
}

/** Names in config.json to those here: what `overrides` does not name stays as it is. */
function definedOf(read: GenerationConfig, overrides: Record<string, unknown>): Partial<GenerationConfig> {
  const given = new Set(Object.keys(overrides).map((name) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())));
  return Object.fromEntries(Object.entries(read).filter(([name]) => given.has(name)));
}
