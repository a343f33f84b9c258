import { createHash } from 'node:crypto';
import { LlmiError } from '@llmi/core';
import { isObject, type JsonObject } from '../model-folder.js';
import { byteLevel } from './byte-level.js';
import { knownPreTokenizers } from './known-pre-tokenizers.js';
import type { TokenizerFiles } from './tokenizer-files.js';

/** A text on which tokenizers differ. Source: get_vocab_base_pre of llama.cpp's conversion/base.py (MIT licence) */
const telltale =
  "\n \n\n \n\n\n \t \t\t \t\n  \n   \n    \n     \n🚀 (normal) 😶\u200d🌫️ (multiple emojis concatenated) ✅ 🦙🦙 3 33 333 3333 33333 333333 3333333 33333333 3.3 3..3 3...3 កាន់តែពិសេសអាច😁 ?我想在apple工作1314151天～ ------======= нещо на Български ''''''```````\"\"\"\"......!!!!!!?????? I've been 'told he's there, 'RE you sure? 'M not sure I'll make it, 'D you like some tea? We'Ve a'lL";

/** How text is split before merging, by the expressions that tokenizer.json does it with. */
const bySplitting: [RegExp, string][] = [
  [/\[\^\\r\\n\\p\{L\}\\p\{N\}\]\?\[\\p\{Lu\}\\p\{Lt\}/, 'gpt-4o'],
  [/\\p\{N\}\{1,3\}\|\[一-龥/, 'deepseek-v3'],
  [/\\p\{N\}\{1,3\}/, 'llama-bpe'],
  [/\(\?i:'s\|'t\|'re\|'ve\|'m\|'ll\|'d\)\|\[\^\\r\\n\\p\{L\}\\p\{N\}\]\?\\p\{L\}\+\|\\p\{N\}\|/, 'qwen2'],
];

/**
 * The name by which llama.cpp knows how this vocabulary splits text: known vocabularies by their fingerprint, others by their rules.
 *
 * @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED when neither tells
 */
export async function preTokenizer(files: TokenizerFiles, notes: string[]): Promise<string> {
  const known = files.json ? knownPreTokenizers[await fingerprint(files.json, files.config ?? {})] : undefined;
  if (known !== undefined) return known;
  const guessed = byRules(files);
  if (guessed === undefined) {
    throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
      message: 'The tokenizer splits text in a way that llama.cpp has no name for.',
      hint: 'Name the nearest one of its pre-tokenizers with the option `preTokenizer`, for example "llama-bpe" or "gpt-2".',
    });
  }
  notes.push(`The vocabulary is not one that llama.cpp knows; its rules of splitting are those of "${guessed}".`);
  return guessed;
}

/** SHA-256 of the ids of the telltale text, written as Python writes a list. */
async function fingerprint(json: JsonObject, config: JsonObject): Promise<string> {
  const { Tokenizer } = await import('@huggingface/tokenizers');
  try {
    const { ids } = new Tokenizer(withoutUnused(json), config).encode(telltale);
    return createHash('sha256').update(`[${ids.join(', ')}]`).digest('hex');
  } catch {
    return ''; // a tokenizer of a kind that the library does not run is none of the known ones
  }
}

/** A byte-level tokenizer without the tokens and merges that the telltale text cannot make use of: a hundredth of the memory. */
function withoutUnused(json: JsonObject): JsonObject {
  const { model, normalizer } = json;
  const isPlain = normalizer === null || normalizer === undefined || (isObject(normalizer) && normalizer['type'] === 'NFC');
  if (!isObject(model) || model['type'] !== 'BPE' || !isObject(model['vocab']) || !Array.isArray(model['merges']) || !isPlain) return json;
  if (!splitSteps(json['pre_tokenizer']).some((step) => step['type'] === 'ByteLevel')) return json;
  const text = byteLevel(` ${telltale}\n${telltale.normalize('NFC')}`);
  const { vocab } = model;
  const kept: JsonObject = {};
  for (const token in vocab) if (token.length === 1 || text.includes(token)) kept[token] = vocab[token];
  const merges = (model['merges'] as unknown[]).filter((merge) => text.includes(Array.isArray(merge) ? merge.join('') : String(merge).replace(' ', '')));
  return { ...json, model: { ...model, vocab: kept, merges } };
}

function byRules(files: TokenizerFiles): string | undefined {
  const { json } = files;
  if (!json) return files.vocabulary().has('[UNK]') ? 'bert-bge' : 'gpt-2'; // vocab.txt, or vocab.json and merges.txt
  if (files.model['type'] === 'WordPiece') return 'bert-bge';
  const steps = splitSteps(json['pre_tokenizer']);
  const expressions = steps.flatMap((step) => (step['type'] === 'Split' && isObject(step['pattern']) ? [String(step['pattern']['Regex'] ?? '')] : []));
  for (const [expression, name] of bySplitting) if (expressions.some((text) => expression.test(text))) return name;
  const byteLevel = steps.find((step) => step['type'] === 'ByteLevel');
  if (expressions.length > 0 || !byteLevel) return undefined;
  return steps.some((step) => step['type'] === 'Digits') ? 'smollm' : 'gpt-2';
}

function splitSteps(preTokenizer: unknown): JsonObject[] {
  if (!isObject(preTokenizer)) return [];
  const inner = preTokenizer['pretokenizers'];
  return preTokenizer['type'] === 'Sequence' && Array.isArray(inner) ? inner.filter(isObject) : [preTokenizer];
}
