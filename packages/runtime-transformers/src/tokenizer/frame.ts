import type { LibraryTokenizer } from './library.js';

/** Special tokens with their types. */
export interface SpecialTokens {
  ids: number[];
  types: number[];
}

/** Tokens that a tokenizer puts around one text. */
export interface Frame {
  before: SpecialTokens;
  after: SpecialTokens;
  type: number;
}

/** Tokens that a tokenizer puts around and between two texts. */
export interface PairFrame extends Frame {
  between: SpecialTokens;
  secondType: number;
}

/** Stand for texts where tokens are looked for; no vocabulary has them. */
const [first, second] = ['\u0000first', '\u0000second'];

export function findFrame({ post_processor, model }: LibraryTokenizer): Frame {
  if (!post_processor) return { before: { ids: [], types: [] }, after: { ids: [], types: [] }, type: 0 };
  const { part, types, at } = layOut(post_processor([first], null, true), model.tokens_to_ids);
  const start = at(first);
  return { before: part(0, start), after: part(start + 1), type: types[start] ?? 0 };
}

/** Undefined where the tokenizer does not tell two texts apart. */
export function findPairFrame({ post_processor, model }: LibraryTokenizer): PairFrame | undefined {
  if (!post_processor) return undefined;
  const { part, types, at } = layOut(post_processor([first], [second], true), model.tokens_to_ids);
  const [start, next] = [at(first), at(second)];
  if (start < 0 || next < start) return undefined;
  return { before: part(0, start), between: part(start + 1, next), after: part(next + 1), type: types[start] ?? 0, secondType: types[next] ?? 0 };
}

function layOut({ tokens, token_type_ids }: { tokens: string[]; token_type_ids?: number[] }, vocabulary: ReadonlyMap<string, number>) {
  const types = token_type_ids ?? tokens.map(() => 0);
  return {
    types,
    at: (text: string) => tokens.indexOf(text),
    part: (from: number, to?: number): SpecialTokens => ({ ids: tokens.slice(from, to).map((token) => vocabulary.get(token) ?? 0), types: types.slice(from, to) }),
  };
}
