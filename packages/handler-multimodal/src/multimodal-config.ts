import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findTemplate } from '@llmi/chat-template';
import { LlmiError, type ModelInfo } from '@llmi/core';
import type { PixelImage } from '@llmi/media';
import { modelJson, readGenerationConfig, type GenerationConfig, type TextTokenizer } from '@llmi/runtime-transformers';
import { cutIntoPatches } from './patches.js';
import { preparePicture, readPatchPlan, readPicturePlan, readTilePlan } from './picture-plan.js';
import type { PreparedPicture } from './prepared-picture.js';
import { cutIntoTiles, tileText } from './tiles.js';

type Json = Record<string, unknown>;

/** What a vision-language model's files say of it. */
export interface MultimodalConfig {
  json: Json;
  generation: GenerationConfig;
  contextLength: number | undefined;
  template: string | undefined;
  /** Tokens that the template may name, and all that steer the model. */
  special: { bos: string | undefined; eos: string | undefined; all: string[] };
  imageToken: { id: number; text: string };
  prepare: (picture: PixelImage) => PreparedPicture;
  /** Patches along each side of a position, of families that count places along several axes. */
  merge: number | undefined;
  /** The tokens that a picture becomes: as many as it has positions, or with words about its squares around them. */
  expand: (picture: PreparedPicture, positions: number) => number[];
}

/** Of models without a template. Source: the conversation of LLaVA 1.5, https://huggingface.co/llava-hf/llava-1.5-7b-hf */
export const usualTemplate =
  "{% for message in messages %}{{ message['role'].upper() + ': ' }}{% for part in message['content'] %}{{ '<image>\\n' if part['type'] == 'image' else part['text'] }}{% endfor %}{{ ' ' }}{% endfor %}ASSISTANT:";

/** @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT, MODEL_FORMAT_UNSUPPORTED when no token stands for a picture */
export async function readMultimodalConfig(model: ModelInfo, folder: string, tokenizer: TextTokenizer): Promise<MultimodalConfig> {
  const read = (name: string) => modelJson(model, folder, name);
  const [json, generation, processor, preprocessor, tokenizerConfig, templateFile] = await Promise.all(['config.json', 'generation_config.json', 'processor_config.json', 'preprocessor_config.json', 'tokenizer_config.json', 'chat_template.json'].map(read));
  if (!json) throw new LlmiError('MODEL_FILE_MISSING', { message: 'The model file config.json is missing.', hint: 'Install the model again.' });
  const language = (json.text_config ?? json) as Json;
  const jinja = await readFile(join(folder, 'chat_template.jinja'), 'utf8').catch(() => undefined);
  const named = templateFile?.chat_template;
  const imageToken = imageTokenOf(json, processor, tokenizer);
  return {
    json,
    generation: { ...readGenerationConfig(generation, json), numBeams: 1 },
    contextLength: typeof language.max_position_embeddings === 'number' ? language.max_position_embeddings : undefined,
    template: jinja ?? (typeof named === 'string' ? named : undefined) ?? findTemplate({}, { ...model, text: {}, json: { 'tokenizer_config.json': tokenizerConfig } }),
    special: specialsOf(tokenizerConfig ?? {}, imageToken.text),
    imageToken,
    ...pictureWays(json, preprocessor ?? ((processor?.image_processor ?? {}) as Json), imageToken, tokenizer),
  };
}

function pictureWays(config: Json, preprocessor: Json, { id, text }: MultimodalConfig['imageToken'], tokenizer: TextTokenizer): Pick<MultimodalConfig, 'prepare' | 'expand' | 'merge'> {
  const asOften: MultimodalConfig['expand'] = (_picture, positions) => new Array<number>(positions).fill(id);
  if (inPatches.test(String(config.model_type))) {
    const plan = readPatchPlan(preprocessor, config);
    return { prepare: (picture) => cutIntoPatches(picture, plan), expand: asOften, merge: plan.merge };
  }
  if (!tiled.test(String(config.model_type))) {
    const plan = readPicturePlan(preprocessor, config);
    return { prepare: (picture) => preparePicture(picture, plan), expand: asOften, merge: undefined };
  }
  const plan = readTilePlan(preprocessor, config);
  return {
    merge: undefined,
    prepare: (picture) => cutIntoTiles(picture, plan),
    expand: (picture, positions) => tokenizer.encode(tileText(picture, { image: text, around: '<fake_token_around_image>', whole: '<global-img>', length: positions / picture.views }), { addSpecialTokens: false }),
  };
}

/** Families whose towers see patches of a picture in its own shape. */
const inPatches = /^qwen2(_5)?_vl$/;

/** Families whose towers see squares. */
const tiled = /^(idefics3|smolvlm)$/;

function imageTokenOf(config: Json, processor: Json | undefined, tokenizer: TextTokenizer): MultimodalConfig['imageToken'] {
  const known = [config.image_token_index, config.image_token_id].find((id) => typeof id === 'number');
  const text = typeof processor?.image_token === 'string' ? processor.image_token : (known === undefined ? '' : tokenizer.decode([known], { skipSpecialTokens: false })) || '<image>';
  const ids = tokenizer.encode(text, { addSpecialTokens: false });
  const id = known ?? (ids.length === 1 ? ids[0] : undefined);
  if (id !== undefined) return { id, text };
  throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: 'No token of this model stands for a picture.', hint: 'Its files do not say it (image_token_index of config.json): use another repository of it.' });
}

function specialsOf(config: Json, imageToken: string): MultimodalConfig['special'] {
  const added = Object.values((config.added_tokens_decoder ?? {}) as Record<string, Json>).filter(({ special }) => special === true);
  const [bos, eos] = [specialOf(config.bos_token), specialOf(config.eos_token)];
  const all = [bos, eos, imageToken, ...added.map(specialOf), ...((config.additional_special_tokens ?? []) as unknown[]).map(specialOf)];
  return { bos, eos, all: [...new Set(all.filter((text) => text !== undefined))] };
}

/** A text, or a token with its settings. */
function specialOf(value: unknown): string | undefined {
  const text = typeof value === 'object' && value !== null ? (value as Json).content : value;
  return typeof text === 'string' ? text : undefined;
}
