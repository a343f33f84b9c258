import type { Normalize } from './normalize.js';
import { TracedText } from './traced-text.js';

/** An entry of `added_tokens` of tokenizer.json. */
export interface AddedToken {
  id: number;
  content: string;
  special?: boolean;
  normalized?: boolean;
  lstrip?: boolean;
  rstrip?: boolean;
  single_word?: boolean;
}

/** A piece of a text: a token that is one as a whole, or text to work on. */
export type Piece = { text: TracedText; token: AddedToken } | { text: TracedText; token?: undefined };

/** Finds added tokens in texts: those with `normalized` in the normalized text, the others before. */
export class AddedTokens {
  readonly #raw: Finder;
  readonly #normalized: Finder;

  constructor(
    tokens: readonly AddedToken[],
    private readonly normalize: Normalize,
  ) {
    const isNormalized = ({ normalized, special }: AddedToken) => normalized ?? !special;
    this.#raw = new Finder(tokens.filter((token) => !isNormalized(token)).map((token) => [token.content, token]));
    this.#normalized = new Finder(tokens.filter(isNormalized).map((token) => [normalize(TracedText.of(token.content)).text, token]));
  }

  /** The text in pieces, normalized, in its order. With `special` false, special tokens are plain text. */
  split(text: string, special = true): Piece[] {
    return this.#raw.split(TracedText.of(text), special).flatMap((piece) => (piece.token ? [piece] : this.#normalized.split(this.normalize(piece.text), special)));
  }
}

const wordCharacter = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}]/u;

class Finder {
  readonly #pattern: RegExp | undefined;
  readonly #tokens: Map<string, AddedToken>;

  constructor(tokens: [string, AddedToken][]) {
    this.#tokens = new Map(tokens.filter(([content]) => content !== ''));
    const contents = [...this.#tokens.keys()].sort((left, right) => right.length - left.length); // the longest first
    if (contents.length > 0) this.#pattern = new RegExp(contents.map((content) => content.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')).join('|'), 'g');
  }

  split(text: TracedText, special: boolean): Piece[] {
    if (!this.#pattern) return text.length === 0 ? [] : [{ text }];
    const pieces: Piece[] = [];
    let done = 0;
    for (const { 0: match, index } of text.text.matchAll(this.#pattern)) {
      const token = this.#tokens.get(match)!;
      if (index < done || (token.special && !special) || (token.single_word && !standsAlone(text.text, index, index + match.length))) continue;
      let [start, end] = [index, index + match.length];
      if (token.lstrip) while (start > done && /\s/.test(text.text[start - 1]!)) start--;
      if (token.rstrip) while (end < text.length && /\s/.test(text.text[end]!)) end++;
      if (start > done) pieces.push({ text: text.slice(done, start) });
      pieces.push({ text: text.slice(start, end), token });
      done = end;
    }
    if (done < text.length) pieces.push({ text: text.slice(done, text.length) });
    return pieces;
  }
}

function standsAlone(text: string, start: number, end: number): boolean {
  return !wordCharacter.test(text[start - 1] ?? ' ') && !wordCharacter.test(text[end] ?? ' ');
}
