import { jsonFile, type InferenceParams, type ModelInfo } from '@llmi/core';
import { metadataNumber } from '@llmi/runtime-llama-cpp';
import { generationConfigSchema } from './options.js';

/** For a model that says nothing itself. Source: the defaults of the program that llmi re-imagines. */
const familyDefaults = { temperature: 0.7, topP: 0.9, topK: 50 } as const;

/** Request fields that the model sets: its generation_config.json, then its GGUF file, then what suits most models. */
export function inferenceParams(model: ModelInfo): InferenceParams {
  const config = generationConfigSchema.parse(jsonFile(model, 'generation_config.json') ?? {});
  const inFile = (name: string) => metadataNumber(model.gguf?.metadata ?? {}, `general.sampling.${name}`);
  const temperature = config.do_sample === false ? 0 : (config.temperature ?? inFile('temp') ?? familyDefaults.temperature);
  return defined({
    temperature,
    topP: config.top_p ?? inFile('top_p') ?? familyDefaults.topP,
    topK: config.top_k ?? inFile('top_k') ?? familyDefaults.topK,
    minP: config.min_p ?? inFile('min_p'),
    repetitionPenalty: config.repetition_penalty ?? inFile('penalty_repeat'),
    maxTokens: config.max_new_tokens,
  });
}

function defined(values: InferenceParams): InferenceParams {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
