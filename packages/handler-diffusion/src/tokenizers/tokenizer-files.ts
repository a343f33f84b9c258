import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LlmiError } from '@llmi/core';

/** A token that is found in a text before anything else. */
export interface AddedToken {
  content: string;
  /** Found in the text as the normalizer leaves it, not as it is given. */
  normalized: boolean;
}

/** Tokens with a meaning of their own, by their role: bos_token, pad_token ... */
export type SpecialTokens = Readonly<Record<string, AddedToken>>;

const roles = ['bos_token', 'eos_token', 'unk_token', 'pad_token'];

/** A text file of a tokenizer, or undefined where there is none. */
export async function readTokenizerText(folder: string, name: string): Promise<string | undefined> {
  return readFile(join(folder, name), 'utf8').catch(() => undefined);
}

/** A JSON object of a tokenizer, or undefined where there is no such file. @throws {LlmiError} MODEL_FILE_CORRUPT */
export async function readTokenizerJson(folder: string, name: string): Promise<Record<string, unknown> | undefined> {
  const text = await readTokenizerText(folder, name);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch (cause) {
    throw corruptTokenizer(name, 'it is not valid JSON', cause);
  }
  throw corruptTokenizer(name, 'it is no JSON object');
}

/**
 * Special tokens as transformers takes them: tokenizer_config.json says them; the older special_tokens_map.json overrides it where the
 * former lists no `added_tokens_decoder`. A list says how a token is looked for, before the role does.
 * Source: `_from_pretrained` of transformers 5, tokenization_utils_base.py
 */
export async function readSpecialTokens(folder: string, defaults: Readonly<Record<string, string>>): Promise<{ config: Record<string, unknown>; special: SpecialTokens }> {
  const config = (await readTokenizerJson(folder, 'tokenizer_config.json')) ?? {};
  const listed = isObject(config.added_tokens_decoder) ? Object.values(config.added_tokens_decoder).flatMap(toAddedToken) : undefined;
  const named = { ...defaults, ...config, ...(listed ? {} : await readTokenizerJson(folder, 'special_tokens_map.json')) };
  const special = roles.flatMap((role) => {
    const [token] = toAddedToken(named[role]);
    return token ? [[role, listed?.find(({ content }) => content === token.content) ?? token] as const] : [];
  });
  return { config, special: Object.fromEntries(special) };
}

/** A token is a text, or an object that also says how it is looked for. */
function toAddedToken(value: unknown): AddedToken[] {
  if (typeof value === 'string') return [{ content: value, normalized: false }];
  if (!isObject(value) || typeof value.content !== 'string') return [];
  return [{ content: value.content, normalized: value.normalized === true }];
}

export function missingTokenizer(name: string): LlmiError {
  return new LlmiError('MODEL_FILE_MISSING', { message: `The tokenizer of this model has no file ${name}.`, hint: 'Install the model again.' });
}

export function corruptTokenizer(name: string, why: string, cause?: unknown): LlmiError {
  return new LlmiError('MODEL_FILE_CORRUPT', { message: `The tokenizer file ${name} cannot be used: ${why}.`, hint: 'It is damaged or incomplete: install the model again.', cause });
}

export const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
