import { jsonFile, LlmiError, type ModelInfo } from '@llmi/core';
import { inFolder } from './modules.js';

/** How texts are prepared for the encoder. */
export interface TextSettings {
  /** Tokens of the longest text, special tokens counted. */
  maxTokens: number;
  /** More than this the encoder has no positions for; undefined where its positions are relative. */
  positionLimit: number | undefined;
  lowercase: boolean;
  /** Texts put before the input, by name. */
  prompts: Record<string, string>;
  /** Names that the model itself declares. */
  declaredPrompts: string[];
  defaultPromptName: string | undefined;
}

const encoderSettingsFiles = [
  'sentence_bert_config.json',
  'sentence_roberta_config.json',
  'sentence_distilbert_config.json',
  'sentence_camembert_config.json',
  'sentence_albert_config.json',
  'sentence_xlm-roberta_config.json',
  'sentence_xlnet_config.json',
];

/** What an encoder without any statement gets: what BERT was trained with. */
const fallbackMaxTokens = 512;

/** Positions of these start behind the padding id, so that two of 514 are never used. */
const offsetPositionTypes = /^(roberta|xlm-roberta|xlm-roberta-xl|camembert|mpnet|longformer|data2vec-text|ibert|luke|mdeberta)$/;

/** @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED for an encoder that is used as something else */
export function readTextSettings(model: ModelInfo, transformerFolder: string, expectedTask = 'feature-extraction'): TextSettings {
  const read = (name: string) => jsonFile(model, inFolder(transformerFolder, name)) ?? {};
  const encoder = encoderSettingsFiles.map(read).find((settings) => Object.keys(settings).length > 0) ?? {};
  const task = encoder.transformer_task;
  if (task !== undefined && task !== expectedTask) {
    throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
      message: `This model uses its encoder for "${String(task)}", not for "${expectedTask}".`,
      hint: 'Choose an embedding model or a reranker.',
    });
  }
  const config = read('config.json');
  const positions = positionLimit(config);
  const fromTokenizer = positive(read('tokenizer_config.json').model_max_length);
  const fromConfig = positions ?? positive(config.max_position_embeddings);
  const stated = positive(encoder.max_seq_length) ?? smallest(fromTokenizer, fromConfig) ?? fallbackMaxTokens;
  const sentence = jsonFile(model, 'config_sentence_transformers.json') ?? {};
  const declared = Object.entries(asObject(sentence.prompts)).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return {
    maxTokens: Math.min(stated, positions ?? Infinity),
    positionLimit: positions,
    lowercase: encoder.do_lower_case === true,
    prompts: { query: '', document: '', ...Object.fromEntries(declared) },
    declaredPrompts: declared.map(([name]) => name),
    defaultPromptName: typeof sentence.default_prompt_name === 'string' ? sentence.default_prompt_name : undefined,
  };
}

/** Positions of an encoder that has a vector for each; undefined for rotary and other relative ones. */
function positionLimit(config: Record<string, unknown>): number | undefined {
  const positions = positive(config.max_position_embeddings);
  const isRelative =
    Object.keys(config).some((key) => /^(rope_|rotary_|global_rope|local_rope)/.test(key)) ||
    (typeof config.position_embedding_type === 'string' && /^(rope|rotary|alibi)$/.test(config.position_embedding_type));
  if (positions === undefined || isRelative) return undefined;
  if (!offsetPositionTypes.test(String(config.model_type))) return positions;
  return positions - (typeof config.pad_token_id === 'number' ? config.pad_token_id + 1 : 2);
}

/** transformers writes 1e30 where a tokenizer has no limit. */
function positive(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 1e9 ? value : undefined;
}

function smallest(...values: (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
