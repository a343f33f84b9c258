import { LlmiError, type ModelInfo } from '@llmi/core';
import { modelJson, readGenerationConfig, type GenerationConfig, type TextTokenizer } from '@llmi/runtime-transformers';

type Json = Record<string, unknown>;

/** What a Janus model's files say of it. */
export interface JanusConfig {
  json: Json;
  generation: GenerationConfig;
  contextLength: number | undefined;
  /** Tokens that a picture becomes, and codes that one is made of. */
  imageTokens: number;
  /** Text of the token that stands for a picture in a prompt, and of those around it. */
  imageTag: string;
  imageStart: string;
  imageEnd: string;
  picture: PictureConfig;
}

export interface PictureConfig {
  /** Side in pixels. */
  size: number;
  minSize: number;
  background: readonly number[];
  scale: number;
  mean: readonly number[];
  std: readonly number[];
}

/** Of Janus-1.3B and Janus-Pro: a grid of 24 by 24. */
const usualImageTokens = 576;
const usualSize = 384;
const half = [0.5, 0.5, 0.5];

/** @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT */
export async function readJanusConfig(model: ModelInfo, folder: string): Promise<JanusConfig> {
  const [json, generation, processor = {}, preprocessor = {}] = await Promise.all(['config.json', 'generation_config.json', 'processor_config.json', 'preprocessor_config.json'].map((name) => modelJson(model, folder, name)));
  if (!json) throw new LlmiError('MODEL_FILE_MISSING', { message: 'The model file config.json is missing.', hint: 'Install the model again.' });
  const language = (json.language_config ?? json.text_config ?? {}) as Json;
  return {
    json,
    generation: { ...readGenerationConfig(generation, json), numBeams: 1 },
    contextLength: numberOf(language.max_position_embeddings),
    imageTokens: numberOf(processor.num_image_tokens) ?? usualImageTokens,
    imageTag: textOf(processor.image_tag) ?? '<image_placeholder>',
    imageStart: textOf(processor.image_start_tag) ?? '<begin_of_image>',
    imageEnd: textOf(processor.image_end_tag) ?? '<end_of_image>',
    picture: readPicture(preprocessor),
  };
}

function readPicture(preprocessor: Json): PictureConfig {
  const size = numberOf(preprocessor.image_size) ?? numberOf((preprocessor.size as Json | undefined)?.longest_edge) ?? usualSize;
  const normalizes = preprocessor.do_normalize !== false;
  const mean = numbersOf(preprocessor.image_mean) ?? half;
  return {
    size,
    minSize: numberOf(preprocessor.min_size) ?? 14,
    background: numbersOf(preprocessor.background_color) ?? mean.map((value) => Math.trunc(value * 255)),
    scale: numberOf(preprocessor.rescale_factor) ?? 1 / 255,
    mean: normalizes ? mean : [0, 0, 0],
    std: normalizes ? (numbersOf(preprocessor.image_std) ?? half) : [1, 1, 1],
  };
}

/** The token that a text is. @throws {LlmiError} MODEL_FILE_CORRUPT when it is none, or several */
export function tokenOf(tokenizer: TextTokenizer, text: string): number {
  const ids = tokenizer.encode(text, { addSpecialTokens: false });
  if (ids.length === 1) return ids[0]!;
  throw new LlmiError('MODEL_FILE_CORRUPT', { message: `The tokenizer has no token "${text}".`, hint: 'Its files do not belong to this model: install it again.' });
}

const numberOf = (value: unknown) => (typeof value === 'number' ? value : undefined);
const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined);
const numbersOf = (value: unknown) => (Array.isArray(value) && value.length === 3 && value.every((item) => typeof item === 'number') ? (value as number[]) : undefined);
