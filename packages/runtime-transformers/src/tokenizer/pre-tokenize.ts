import { LlmiError } from '@llmi/core';
import { regularExpression, type TokenPattern } from './library.js';
import type { TracedText } from './traced-text.js';

/** The `pre_tokenizer` of tokenizer.json. */
export interface PreTokenizerConfig {
  type: string;
  [field: string]: unknown;
}

/** A text to words. `isFirst`: it is the start of what was given. */
export type PreTokenize = (text: TracedText, isFirst: boolean) => TracedText[];

/** Text to the words that are made into tokens one by one. @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED */
export function makePreTokenizer(config: PreTokenizerConfig | null | undefined): PreTokenize {
  if (!config) return (text) => [text];
  const named = byType[config.type];
  if (named) return named(config);
  throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: `The tokenizer finds words with "${config.type}", which llmi does not know.`, hint: 'Report the model, so that it can be supported.' });
}

const punctuation = '[\\p{P}\\u0021-\\u002F\\u003A-\\u0040\\u005B-\\u0060\\u007B-\\u007E]';

const byType: Record<string, (config: PreTokenizerConfig) => PreTokenize> = {
  Sequence: ({ pretokenizers }) => {
    const steps = ((pretokenizers ?? []) as PreTokenizerConfig[]).map(makePreTokenizer);
    return (text, isFirst) => steps.reduce((parts, step) => parts.flatMap((part, index) => step(part, isFirst && index === 0)), [text]);
  },
  BertPreTokenizer: () => {
    const [spaces, marks] = [/\s+/gu, new RegExp(punctuation, 'gu')];
    return (text) => splitBy(text, spaces, 'removed').flatMap((part) => splitBy(part, marks, 'isolated'));
  },
  Whitespace: () => {
    const words = regularExpression({ Regex: '\\w+|[^\\w\\s]+' });
    return (text) => matchesOf(text, words);
  },
  WhitespaceSplit: () => (text) => splitBy(text, /\s+/gu, 'removed'),
  Punctuation: ({ behavior }) => {
    const marks = new RegExp(punctuation, 'gu');
    return (text) => splitBy(text, marks, behaviorOf(behavior ?? 'Isolated'));
  },
  Digits: ({ individual_digits }) => {
    const digits = /\p{N}/gu;
    return (text) => splitBy(text, digits, individual_digits === true ? 'isolated' : 'contiguous');
  },
  Split: ({ pattern, behavior, invert }) => {
    const expression = regularExpression(pattern as TokenPattern);
    return (text) => splitBy(text, expression, behaviorOf(behavior), invert === true);
  },
  CharDelimiterSplit: ({ delimiter }) => {
    const expression = regularExpression({ String: String(delimiter) });
    return (text) => splitBy(text, expression, 'removed');
  },
  Metaspace: metaspace,
  ByteLevel: byteLevel,
};

type Behavior = 'removed' | 'isolated' | 'mergedwithprevious' | 'mergedwithnext' | 'contiguous';

function behaviorOf(value: unknown): Behavior {
  return String(value ?? 'Isolated').toLowerCase() as Behavior;
}

/** Cuts a text at the matches of a pattern. With `invert` the matches are the words, and what is between them separates. */
function splitBy(text: TracedText, pattern: RegExp, behavior: Behavior, invert = false): TracedText[] {
  const parts: { start: number; end: number; separates: boolean }[] = [];
  let done = 0;
  for (const { 0: match, index } of text.text.matchAll(pattern)) {
    if (match === '') continue;
    if (index > done) parts.push({ start: done, end: index, separates: invert });
    parts.push({ start: index, end: index + match.length, separates: !invert });
    done = index + match.length;
  }
  if (done < text.length) parts.push({ start: done, end: text.length, separates: invert });
  return merge(parts, behavior).map(({ start, end }) => text.slice(start, end));
}

function merge<Part extends { start: number; end: number; separates: boolean }>(parts: Part[], behavior: Behavior): { start: number; end: number }[] {
  if (behavior === 'removed') return parts.filter(({ separates }) => !separates);
  if (behavior === 'isolated') return parts;
  const merged: { start: number; end: number; separates: boolean }[] = [];
  for (const part of parts) {
    const last = merged.at(-1);
    const joins =
      last !== undefined &&
      ((behavior === 'contiguous' && last.separates === part.separates) ||
        (behavior === 'mergedwithprevious' && part.separates && !last.separates) ||
        (behavior === 'mergedwithnext' && !part.separates && last.separates));
    if (!joins) merged.push({ ...part });
    else Object.assign(last, { end: part.end, separates: behavior === 'contiguous' ? last.separates : behavior === 'mergedwithprevious' });
  }
  return merged;
}

function matchesOf(text: TracedText, pattern: RegExp): TracedText[] {
  return [...text.text.matchAll(pattern)].filter(({ 0: match }) => match !== '').map(({ 0: match, index }) => text.slice(index, index + match.length));
}

/** Spaces as visible characters that begin words. Source: huggingface/tokenizers, pre_tokenizers/metaspace.rs */
function metaspace({ replacement, prepend_scheme, add_prefix_space, split }: PreTokenizerConfig): PreTokenize {
  const mark = String(replacement ?? '▁');
  const scheme = prepend_scheme ?? (add_prefix_space === false ? 'never' : 'always');
  const marks = regularExpression({ String: mark });
  return (text, isFirst) => {
    const marked = text.replace(/ /g, () => mark);
    const prepends = marked.length > 0 && !marked.text.startsWith(mark) && (scheme === 'always' || (scheme === 'first' && isFirst));
    const whole = prepends ? marked.rewrite([{ start: 0, end: 0, text: mark }]) : marked;
    return split === false ? [whole] : splitBy(whole, marks, 'mergedwithnext');
  };
}

/** Source: GPT-2's pattern, as in huggingface/tokenizers, pre_tokenizers/byte_level.rs */
const byteLevelWords = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** Words as bytes, each written as one printable character. */
function byteLevel({ add_prefix_space, use_regex }: PreTokenizerConfig): PreTokenize {
  return (text) => {
    const prefixed = add_prefix_space === true && text.length > 0 && !text.text.startsWith(' ') ? text.rewrite([{ start: 0, end: 0, text: ' ' }]) : text;
    const words = use_regex === false ? [prefixed] : matchesOf(prefixed, byteLevelWords);
    return words.map((word) => word.replace(/[\s\S]/gu, (character) => Array.from(encoder.encode(character), (byte) => characterOfByte[byte]!).join('')));
  };
}

const encoder = new TextEncoder();

/**
 * The character that stands for each byte: printable ones for themselves, the others from U+0100 on.
 * Source: `bytes_to_unicode` of OpenAI's GPT-2, https://github.com/openai/gpt-2/blob/master/src/encoder.py
 */
export const characterOfByte: readonly string[] = makeByteCharacters();

function makeByteCharacters(): string[] {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const isPrintable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    return String.fromCharCode(isPrintable ? byte : next++);
  });
}
