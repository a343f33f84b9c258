import { LlmiError } from '@llmi/core';
import type { LibraryTokenizer } from './library.js';

/** Tokens that the tokenizer puts around every text. */
export interface Frame {
  before: number[];
  after: number[];
  typesBefore: number[];
  typesAfter: number[];
  contentType: number;
}

/** Special tokens with their types. */
interface Tokens {
  ids: number[];
  types: number[];
}

/** Tokens that the tokenizer puts around two texts that are read together. */
export interface PairFrame {
  before: Tokens;
  between: Tokens;
  after: Tokens;
  firstType: number;
  secondType: number;
}

/** Texts that no tokenizer drops or takes for a special token. */
const probe = 'a';
const secondProbe = 'b';

/** Splits what the tokenizer makes of a probe with special tokens at what it makes of it without them. */
export function findFrame(tokenizer: LibraryTokenizer): Frame {
  const content = contentOf(tokenizer, probe);
  const { ids, types } = withSpecialTokens(tokenizer);
  const start = indexOf(ids, content, 0);
  if (start === undefined) throw notFound();
  const end = start + content.length;
  return { before: ids.slice(0, start), after: ids.slice(end), typesBefore: types.slice(0, start), typesAfter: types.slice(end), contentType: types[start] ?? 0 };
}

/** The same for a pair of probes. @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED where the tokenizer does not put two texts together */
export function findPairFrame(tokenizer: LibraryTokenizer): PairFrame {
  const [first, second] = [contentOf(tokenizer, probe), contentOf(tokenizer, secondProbe)];
  const { ids, types } = withSpecialTokens(tokenizer, secondProbe);
  const start = indexOf(ids, first, 0);
  const end = start === undefined ? undefined : start + first.length;
  const next = end === undefined ? undefined : indexOf(ids, second, end);
  if (start === undefined || end === undefined || next === undefined) throw notFound();
  const part = (from: number, to: number): Tokens => ({ ids: ids.slice(from, to), types: types.slice(from, to) });
  const last = next + second.length;
  return { before: part(0, start), between: part(end, next), after: part(last, ids.length), firstType: types[start] ?? 0, secondType: types[next] ?? 0 };
}

function contentOf(tokenizer: LibraryTokenizer, text: string): number[] {
  return tokenizer.encode(text, { add_special_tokens: false }).ids;
}

function withSpecialTokens(tokenizer: LibraryTokenizer, pair?: string): Tokens {
  const { ids, token_type_ids } = tokenizer.encode(probe, { return_token_type_ids: true, ...(pair === undefined ? {} : { text_pair: pair }) });
  return { ids, types: token_type_ids ?? ids.map(() => 0) };
}

function indexOf(ids: readonly number[], content: readonly number[], from: number): number | undefined {
  for (let start = from; start + content.length <= ids.length; start++) {
    if (content.every((id, index) => ids[start + index] === id)) return start;
  }
  return undefined;
}

function notFound(): LlmiError {
  return new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
    message: 'The tokenizer of this model changes a text when it adds special tokens, which llmi cannot follow.',
    hint: 'Report the model, so that it can be supported.',
  });
}
