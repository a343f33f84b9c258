import { byteLevelBytes } from './byte-level.js';
import { metadataText, type GgufMetadata } from './gguf-metadata.js';

/** Kinds of token in `tokenizer.ggml.token_type`. Source: llama_token_type in llama.cpp's include/llama.h */
const tokenKind = { unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const nothing = new Uint8Array(0);
const none: ReadonlySet<number> = new Set();

/** Text of a token that is whole characters by itself, or its bytes where it is not. */
export type TokenText = string | Uint8Array;

/** What each token of a vocabulary stands for in text. Filled as tokens are met, so that a large vocabulary costs nothing up front. */
export class Vocabulary {
  readonly size: number;
  /** SentencePiece puts a space before the text, which is not part of it. */
  readonly stripsLeadingSpace: boolean;
  readonly #tokens: readonly string[];
  readonly #kinds: readonly number[];
  readonly #bytesOf: ((text: string) => Uint8Array) | undefined;
  readonly #known: (TokenText | undefined)[] = [];
  readonly #controls = new WeakMap<readonly string[], ReadonlySet<number>>();

  /** `fallback` gives the text of a token of a tokenizer that is not read here. */
  constructor(
    metadata: GgufMetadata,
    private readonly fallback: (token: number) => string,
  ) {
    const tokens = metadata['tokenizer.ggml.tokens'];
    const kinds = metadata['tokenizer.ggml.token_type'];
    this.#tokens = Array.isArray(tokens) ? (tokens as string[]) : [];
    this.#kinds = Array.isArray(kinds) ? (kinds as number[]) : [];
    this.size = this.#tokens.length;
    const model = metadataText(metadata, 'tokenizer.ggml.model');
    this.#bytesOf = readers[model ?? ''];
    this.stripsLeadingSpace = model === 'llama' && metadata['tokenizer.ggml.add_space_prefix'] !== false;
  }

  /** What `token` adds to the text; control tokens add nothing. */
  textOf(token: number): TokenText {
    return (this.#known[token] ??= this.#read(token));
  }

  /** A token as it stands in the vocabulary. */
  rawText(token: number): string {
    return this.#tokens[token] ?? '';
  }

  /** The texts of all tokens that steer the model rather than being text: what a prompt must not smuggle in. */
  controlTexts(): string[] {
    return this.#tokens.filter((_, token) => this.#kinds[token] === tokenKind.control);
  }

  /** Ids of the control tokens with these texts; looked up once for a list. */
  controlTokens(texts: readonly string[]): ReadonlySet<number> {
    let found = this.#controls.get(texts);
    if (!found) {
      const wanted = new Set(texts);
      found = new Set(this.#tokens.flatMap((text, token) => (this.#kinds[token] === tokenKind.control && wanted.has(text) ? [token] : [])));
      this.#controls.set(texts, found);
    }
    return found;
  }

  #read(token: number): TokenText {
    const kind = this.#kinds[token];
    if (kind === tokenKind.control || kind === tokenKind.unknown || kind === tokenKind.unused) return '';
    const text = this.rawText(token);
    if (kind === tokenKind.byte) return asText(Uint8Array.of(parseInt(text.slice(3, 5), 16))); // <0x0A>
    if (kind === tokenKind.userDefined) return text;
    return this.#bytesOf ? asText(this.#bytesOf(text)) : this.fallback(token);
  }
}

/** By `tokenizer.ggml.model`: the bytes that the text of a normal token stands for. */
const readers: Record<string, (text: string) => Uint8Array> = {
  llama: (text) => encoder.encode(text.replaceAll('\u2581', ' ')), // SentencePiece writes a space as ▁
  gpt2: byteLevelBytes,
};

function asText(bytes: Uint8Array): TokenText {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return bytes; // part of a character
  }
}

/**
 * Turns tokens into text as they come. A character that several tokens spell appears when it is complete; bytes that are no UTF-8
 * become U+FFFD as they do when the whole is decoded at once. Work per token does not grow with the text.
 */
export class TokenDecoder {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #midCharacter = false;
  #atStart: boolean;

  /** `shows`: control tokens whose text is written out. */
  constructor(
    private readonly vocabulary: Vocabulary,
    private readonly shows: ReadonlySet<number> = none,
  ) {
    this.#atStart = vocabulary.stripsLeadingSpace;
  }

  /** The text that `token` completes; may be empty. */
  push(token: number): string {
    const text = this.shows.has(token) ? this.vocabulary.rawText(token) : this.vocabulary.textOf(token);
    if (typeof text === 'string' && !this.#midCharacter) return this.#strip(text);
    if (text.length === 0) return '';
    this.#midCharacter = true;
    return this.#strip(this.#decoder.decode(typeof text === 'string' ? encoder.encode(text) : text, { stream: true }));
  }

  /** What is left when no token follows: U+FFFD for a character that was never completed. */
  end(): string {
    const rest = this.#midCharacter ? this.#decoder.decode(nothing) : '';
    this.#midCharacter = false;
    return rest;
  }

  #strip(text: string): string {
    if (!this.#atStart || text === '') return text;
    this.#atStart = false;
    return text.startsWith(' ') ? text.slice(1) : text;
  }
}
