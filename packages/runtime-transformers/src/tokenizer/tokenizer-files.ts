import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LlmiError } from '@llmi/core';
import type { AddedToken } from './added-tokens.js';
import type { NormalizerConfig } from './normalize.js';
import type { PreTokenizerConfig } from './pre-tokenize.js';
import type { VocabularyConfig } from './word-tokens.js';

/** tokenizer.json, as far as it is looked at here; the library reads the rest. */
export interface TokenizerJson {
  normalizer?: NormalizerConfig | null;
  pre_tokenizer?: PreTokenizerConfig | null;
  post_processor?: { type: string; [field: string]: unknown } | null;
  decoder?: { type: string } | null;
  model: VocabularyConfig;
  added_tokens?: AddedToken[];
}

export interface TokenizerFiles {
  tokenizer: TokenizerJson;
  /** tokenizer_config.json, with the tokens of special_tokens_map.json where it names none. */
  config: Record<string, unknown>;
}

/** @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT */
export async function readTokenizerFiles(folder: string): Promise<TokenizerFiles> {
  const tokenizer = (await readJson(folder, 'tokenizer.json')) as TokenizerJson | undefined;
  if (!tokenizer) {
    throw new LlmiError('MODEL_FILE_MISSING', {
      message: 'The model file tokenizer.json is missing.',
      hint: 'Install the model again. A repository that has only vocab.txt or a SentencePiece model needs tokenizer.json: save its tokenizer with transformers.',
    });
  }
  const [config, map] = await Promise.all([readJson(folder, 'tokenizer_config.json'), readJson(folder, 'special_tokens_map.json')]);
  return withPythonSettings(tokenizer, { ...map, ...config });
}

/** Tokenizer classes that set their BERT normalizer anew from tokenizer_config.json, whatever tokenizer.json says. */
const bertTokenizers = /^(Bert|DistilBert|Electra|MobileBert|ConvBert|SqueezeBert|Lxmert|MPNet|LayoutLM|RetriBert|Realm|Funnel)Tokenizer(Fast)?$/;
/** Classes that put the first and last token by their own settings. */
const llamaTokenizers = /^(Llama|CodeLlama|Gemma)Tokenizer(Fast)?$/;

/** The tokenizer as the class that Python loads it with sets it up. */
export function withPythonSettings(tokenizer: TokenizerJson, config: Record<string, unknown>): TokenizerFiles {
  const className = String(config.tokenizer_class ?? '');
  let { normalizer, post_processor } = tokenizer;
  if (normalizer?.type === 'BertNormalizer' && bertTokenizers.test(className)) {
    normalizer = { ...normalizer, lowercase: config.do_lower_case ?? true, strip_accents: config.strip_accents ?? null, handle_chinese_chars: config.tokenize_chinese_chars ?? true };
  }
  if (llamaTokenizers.test(className) && (post_processor === null || post_processor === undefined || post_processor.type === 'TemplateProcessing')) {
    post_processor = sentenceFrame(config.add_bos_token === false ? undefined : tokenText(config.bos_token), config.add_eos_token === true ? tokenText(config.eos_token) : undefined);
  }
  return { tokenizer: { ...tokenizer, normalizer, post_processor }, config };
}

/** A token of tokenizer_config.json is a text, or an object with one. */
export function tokenText(token: unknown): string | undefined {
  const content = typeof token === 'object' && token !== null ? (token as { content?: unknown }).content : token;
  return typeof content === 'string' ? content : undefined;
}

function sentenceFrame(bos: string | undefined, eos: string | undefined): TokenizerJson['post_processor'] {
  const around = (sequence: string, type_id: number) => [
    ...(bos === undefined ? [] : [{ SpecialToken: { id: bos, type_id } }]),
    { Sequence: { id: sequence, type_id } },
    ...(eos === undefined ? [] : [{ SpecialToken: { id: eos, type_id } }]),
  ];
  return { type: 'TemplateProcessing', single: around('A', 0), pair: [...around('A', 0), ...around('B', 1)] };
}

async function readJson(folder: string, name: string): Promise<Record<string, unknown> | undefined> {
  const text = await readFile(join(folder, name), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw new LlmiError('MODEL_FILE_CORRUPT', { message: `The model file ${name} is not valid JSON.`, hint: 'It is damaged or incomplete: install the model again.', cause });
  }
}
