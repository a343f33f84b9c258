import { LlmiError } from '@llmi/core';
import { AddedTokens } from './added-tokens.js';
import { cleanUpSpaces, correctDecoder } from './decode.js';
import { findFrame, findPairFrame, type Frame, type PairFrame } from './frame.js';
import { openLibraryTokenizer, type LibraryTokenizer } from './library.js';
import { makeNormalizer } from './normalize.js';
import { makePreTokenizer, type PreTokenize } from './pre-tokenize.js';
import { readTokenizerFiles, tokenText, withPythonSettings, type TokenizerFiles, type TokenizerJson } from './tokenizer-files.js';
import { tokenByteReader } from './token-bytes.js';
import { WordTokens } from './word-tokens.js';

/** A token and where it is from. Special tokens that the tokenizer adds have no word and no place. */
export interface TextToken {
  id: number;
  /** Units (UTF-16) of the text from `start` to before `end`. */
  start: number;
  end: number;
  /** Which word of the text it belongs to. */
  word: number | undefined;
}

/** Ids of special tokens, where the model has them. */
export type SpecialTokenName = 'bos' | 'eos' | 'pad' | 'unk' | 'cls' | 'sep' | 'mask';

const specialNames: readonly SpecialTokenName[] = ['bos', 'eos', 'pad', 'unk', 'cls', 'sep', 'mask'];
/** Python writes a number of 30 digits for "no limit". */
const noLimit = 1e9;

/** Texts to tokens and back, as the fast tokenizers of transformers do it. */
export class TextTokenizer {
  readonly special: Partial<Record<SpecialTokenName, number>>;
  readonly frame: Frame;
  readonly pairFrame: PairFrame | undefined;
  /** Longest input in tokens, where tokenizer_config.json says it. */
  readonly maxLength: number | undefined;
  readonly cutsAtStart: boolean;
  /** Tokens inside words begin with a mark of their own, as in WordPiece. */
  readonly marksSubwords: boolean;
  readonly #specialIds: ReadonlySet<number>;
  readonly #trimsSpaces: boolean;
  readonly #cleansUp: boolean;
  /** What a byte-level vocabulary marks the end of words with, as CLIP's does; other decoders know by themselves. */
  readonly #wordEnd: string | undefined;
  readonly #readBytes: (token: string) => Uint8Array;

  private constructor(
    private readonly library: LibraryTokenizer,
    private readonly added: AddedTokens,
    private readonly preTokenize: PreTokenize,
    private readonly words: WordTokens,
    { tokenizer, config }: TokenizerFiles,
  ) {
    this.special = Object.fromEntries(specialNames.flatMap((name) => this.#named(config[`${name}_token`]).map((id) => [name, id])));
    this.frame = findFrame(library);
    this.pairFrame = findPairFrame(library);
    this.maxLength = typeof config.model_max_length === 'number' && config.model_max_length < noLimit ? config.model_max_length : undefined;
    this.cutsAtStart = config.truncation_side === 'left';
    this.marksSubwords = Boolean(tokenizer.model.continuing_subword_prefix);
    this.#specialIds = new Set((tokenizer.added_tokens ?? []).filter(({ special }) => special).map(({ id }) => id));
    this.#trimsSpaces = /"trim_offsets":true/.test(JSON.stringify(tokenizer.post_processor ?? null));
    this.#cleansUp = config.clean_up_tokenization_spaces === true;
    this.#readBytes = tokenByteReader(library.decoder);
    this.#wordEnd = tokenizer.decoder?.type === 'ByteLevel' ? tokenizer.model.end_of_word_suffix || undefined : undefined;
  }

  /** @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT, MODEL_FORMAT_UNSUPPORTED */
  static async load(folder: string): Promise<TextTokenizer> {
    return TextTokenizer.open(await readTokenizerFiles(folder));
  }

  /** A tokenizer of what tokenizer.json and tokenizer_config.json hold. @throws {LlmiError} MODEL_FILE_CORRUPT, MODEL_FORMAT_UNSUPPORTED */
  static from(tokenizer: TokenizerJson, config: Record<string, unknown> = {}): TextTokenizer {
    return TextTokenizer.open(withPythonSettings(tokenizer, config));
  }

  private static open(files: TokenizerFiles): TextTokenizer {
    const { tokenizer, config } = files;
    try {
      const library = openLibraryTokenizer(tokenizer, config);
      correctDecoder(library.decoder);
      const added = new AddedTokens(tokenizer.added_tokens ?? [], makeNormalizer(tokenizer.normalizer));
      return new TextTokenizer(library, added, makePreTokenizer(tokenizer.pre_tokenizer), new WordTokens(library.model, tokenizer.model), files);
    } catch (cause) {
      if (LlmiError.is(cause)) throw cause;
      throw new LlmiError('MODEL_FILE_CORRUPT', {
        message: `The model file tokenizer.json cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`,
        hint: 'Install the model again; if that does not help, its tokenizer is of a kind that llmi does not know.',
        cause,
      });
    }
  }

  /**
   * Tokens of a text without any around it. `special: false` takes what looks like a special token for plain text; `continues`: the
   * text goes on after other tokens, so that nothing is put before its first word.
   */
  content(text: string, { special = true, continues = false }: { special?: boolean; continues?: boolean } = {}): TextToken[] {
    const tokens: TextToken[] = [];
    let word = 0;
    for (const piece of this.added.split(text, special)) {
      if (piece.token) {
        tokens.push({ id: piece.token.id, ...this.#place(text, piece.text.range()), word: word++ });
        continue;
      }
      const isFirst = !continues && piece.text.range()[0] === 0;
      for (const part of this.preTokenize(piece.text, isFirst)) {
        const made = this.words.of(part);
        for (const { id, start, end } of made) tokens.push({ id, ...this.#place(text, part.range(start, end)), word });
        if (made.length > 0) word++;
      }
    }
    return tokens;
  }

  /** Ids of a text, with the special tokens around it unless told otherwise. */
  encode(text: string, { addSpecialTokens = true, ...options }: { addSpecialTokens?: boolean; special?: boolean; continues?: boolean } = {}): number[] {
    const ids = this.content(text, options).map(({ id }) => id);
    return addSpecialTokens ? [...this.frame.before.ids, ...ids, ...this.frame.after.ids] : ids;
  }

  /** The text that tokens stand for, without special tokens unless told otherwise. */
  decode(ids: readonly number[], { skipSpecialTokens = true }: { skipSpecialTokens?: boolean } = {}): string {
    const tokens = ids.filter((id) => !(skipSpecialTokens && this.#specialIds.has(id))).flatMap((id) => this.idToToken(id) ?? []);
    const text = this.tokensToText(tokens);
    return this.#cleansUp ? cleanUpSpaces(text) : text;
  }

  /** Tokens as one text. Source: `convert_tokens_to_string` of transformers. */
  tokensToText(tokens: string[]): string {
    const { decoder } = this.library;
    const text = decoder ? decoder.decode_chain(tokens).join('') : tokens.join(' ');
    return this.#wordEnd === undefined ? text : text.replaceAll(this.#wordEnd, ' ').trim();
  }

  tokenToId(token: string): number | undefined {
    return this.library.model.tokens_to_ids.get(token);
  }

  idToToken(id: number): string | undefined {
    return this.library.model.vocab[id];
  }

  /** Ids go from 0 to before this. */
  get size(): number {
    return this.library.model.vocab.length;
  }

  /** What a token adds to a text that it stands inside of; of a character that several tokens spell, its part. Undefined where there is no such token. */
  bytesOf(id: number): Uint8Array | undefined {
    const token = this.idToToken(id);
    return token === undefined ? undefined : this.#readBytes(token);
  }

  /** Tokens that a pattern fits, with their ids. */
  matching(pattern: RegExp): [token: string, id: number][] {
    return [...this.library.model.tokens_to_ids].filter(([token]) => pattern.test(token));
  }

  /** The added tokens that are marked as special. */
  get specialIds(): number[] {
    return [...this.#specialIds].filter((id) => this.idToToken(id) !== undefined);
  }

  /** Texts of the tokens that are marked as special. */
  get specialTexts(): string[] {
    return this.specialIds.map((id) => this.idToToken(id)!);
  }

  /** One of the added tokens that are marked as special. */
  isSpecial(id: number): boolean {
    return this.#specialIds.has(id);
  }

  #named(token: unknown): number[] {
    const text = tokenText(token);
    const id = text === undefined ? undefined : this.library.model.tokens_to_ids.get(text);
    return id === undefined ? [] : [id];
  }

  /** Where a token is in the text; byte-level ones leave out the spaces around them where the tokenizer says so. */
  #place(text: string, [start, end]: [number, number]): { start: number; end: number } {
    if (this.#trimsSpaces) {
      while (start < end && text[start] === ' ') start++;
      while (end > start && text[end - 1] === ' ') end--;
    }
    return { start, end };
  }
}
