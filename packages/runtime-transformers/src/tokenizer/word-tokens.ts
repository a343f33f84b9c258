import type { LibraryModel } from './library.js';
import type { TracedText } from './traced-text.js';

/** The fields of `model` in tokenizer.json that say how tokens lie in their word. */
export interface VocabularyConfig {
  type?: string;
  continuing_subword_prefix?: string | null;
  end_of_word_suffix?: string | null;
  byte_fallback?: boolean;
  fuse_unk?: boolean;
  unk_token?: string | null;
}

/** A token of a word: units of the word from `start` to before `end`. */
export interface WordToken {
  id: number;
  start: number;
  end: number;
}

const byteToken = /^<0x([0-9A-F]{2})>$/;
const encoder = new TextEncoder();

/** Words to tokens with the places they have in the word. */
export class WordTokens {
  readonly #isWordPiece: boolean;
  readonly #isUnigram: boolean;

  constructor(
    private readonly model: LibraryModel,
    private readonly config: VocabularyConfig,
  ) {
    this.#isWordPiece = config.type === 'WordPiece';
    this.#isUnigram = config.type === 'Unigram' || (config.type === undefined && Array.isArray((config as { vocab?: unknown }).vocab));
  }

  of(word: TracedText): WordToken[] {
    if (word.length === 0) return [];
    const tokens = this.model.encode([word.text]);
    const placed = this.#isWordPiece && tokens.length === 1 && tokens[0] === this.model.unk_token ? [this.#token(tokens[0]!, 0, word.length)] : this.#place(word.text, tokens);
    return this.config.fuse_unk === true || this.#isUnigram ? this.#fuseUnknown(placed) : placed;
  }

  /** Follows the tokens through the word that they were made of. */
  #place(word: string, tokens: readonly string[]): WordToken[] {
    const placed: WordToken[] = [];
    let at = 0;
    for (let index = 0; index < tokens.length; ) {
      const bytes = this.config.byte_fallback === true && byteToken.test(tokens[index]!) ? byteCount(word, at) : 0;
      if (bytes > 0) {
        const end = at + unitsAt(word, at);
        for (let byte = 0; byte < bytes; byte++) placed.push(this.#token(tokens[index + byte]!, at, end));
        [index, at] = [index + bytes, end];
        continue;
      }
      const end = this.#endOf(word, at, tokens[index]!, index);
      placed.push(...this.#orBytes(tokens[index]!, word, at, end));
      [index, at] = [index + 1, end];
    }
    return placed;
  }

  #endOf(word: string, at: number, token: string, index: number): number {
    const { continuing_subword_prefix: prefix, end_of_word_suffix: suffix } = this.config;
    let surface = token;
    if (prefix && index > 0 && surface.startsWith(prefix)) surface = surface.slice(prefix.length);
    if (suffix && surface.endsWith(suffix) && !word.startsWith(surface, at)) surface = surface.slice(0, -suffix.length);
    return word.startsWith(surface, at) ? at + surface.length : Math.min(word.length, at + unitsAt(word, at));
  }

  /** A Unigram vocabulary with byte fallback spells what it does not know in bytes; the library does not. */
  #orBytes(token: string, word: string, start: number, end: number): WordToken[] {
    if (!this.#isUnigram || this.config.byte_fallback !== true || this.model.tokens_to_ids.has(token)) return [this.#token(token, start, end)];
    const names = Array.from(encoder.encode(word.slice(start, end)), (byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
    if (!names.every((name) => this.model.tokens_to_ids.has(name))) return [this.#token(token, start, end)];
    return names.map((name) => this.#token(name, start, end));
  }

  #token(token: string, start: number, end: number): WordToken {
    return { id: this.model.tokens_to_ids.get(token) ?? this.model.unk_token_id ?? 0, start, end };
  }

  /** Neighbours that are unknown count as one. */
  #fuseUnknown(tokens: WordToken[]): WordToken[] {
    const fused: WordToken[] = [];
    for (const token of tokens) {
      const last = fused.at(-1);
      if (last && last.id === this.model.unk_token_id && token.id === last.id) last.end = token.end;
      else fused.push(token);
    }
    return fused;
  }
}

/** UTF-16 units of the character at a place. */
function unitsAt(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

/** Bytes of the character at a place. */
function byteCount(text: string, at: number): number {
  return at < text.length ? encoder.encode(text.slice(at, at + unitsAt(text, at))).length : 0;
}
