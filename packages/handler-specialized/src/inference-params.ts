import { jsonFile, type InferenceParams, type ModelInfo } from '@llmi/core';
import { readGenerationConfig } from '@llmi/runtime-transformers';
import { tasksOf } from './find-tasks.js';
import { generationFields } from './generation-settings.js';
import { kindsOf } from './kinds.js';
import { defaultTopK } from './text/fill-mask.js';

/** Request fields that the model sets: of what generates text its generation_config.json. Sampling counts only where the model samples. */
export function inferenceParams(model: ModelInfo): InferenceParams {
  const [task] = tasksOf(model);
  if (task === 'fill-mask') return { topK: defaultTopK };
  if (!kindsOf(model)[task].fields.includes(generationFields[0])) return {};
  const { doSample, temperature = 1, topK, topP, minP, maxNewTokens, repetitionPenalty } = readGenerationConfig(jsonFile(model, 'generation_config.json'), jsonFile(model, 'config.json'));
  const params: InferenceParams = { maxTokens: maxNewTokens, ...(repetitionPenalty === 1 ? {} : { repetitionPenalty }), ...(doSample ? { temperature, topK, topP, minP } : { temperature: 0 }) };
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined));
}
