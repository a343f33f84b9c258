import * as library from '@huggingface/tokenizers';

/** What is used of a tokenizer of the library, whose own declarations do not resolve under Node's module rules. */
export interface LibraryTokenizer {
  model: LibraryModel;
  /** Puts special tokens around one or two texts. */
  post_processor: ((first: string[], second: string[] | null, addSpecialTokens: boolean) => { tokens: string[]; token_type_ids?: number[] }) | null;
  decoder: LibraryDecoder | null;
}

export interface LibraryModel {
  /** Words to tokens. A token that is not in the vocabulary stands for an unknown one. */
  encode(words: string[]): string[];
  tokens_to_ids: Map<string, number>;
  vocab: (string | undefined)[];
  unk_token?: string;
  unk_token_id?: number;
}

export interface LibraryDecoder {
  config: { type: string };
  decode_chain(tokens: string[]): string[];
  /** Of a sequence. */
  decoders?: LibraryDecoder[];
}

interface Library {
  Tokenizer: new (tokenizer: object, config: object) => LibraryTokenizer;
  SplitPreTokenizer: new (config: { pattern: TokenPattern; invert: boolean }) => { pattern: RegExp };
}

/** A pattern of tokenizer.json: a literal text, or a regular expression as Oniguruma reads it. */
export type TokenPattern = { String: string } | { Regex: string };

const { Tokenizer, SplitPreTokenizer } = library as unknown as Library;

/** The vocabulary, its algorithm, the special tokens and the decoder of a tokenizer; what comes before them is done here. */
export function openLibraryTokenizer(tokenizer: object, config: object): LibraryTokenizer {
  return new Tokenizer({ ...tokenizer, normalizer: null, pre_tokenizer: null }, config);
}

/** A pattern as a JavaScript regular expression with the flag g. */
export function regularExpression(pattern: TokenPattern): RegExp {
  return new SplitPreTokenizer({ pattern, invert: true }).pattern;
}
