/** Kinds of tokens. Source: llama_token_type of llama.cpp's include/llama.h */
export const tokenKind = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

/** A vocabulary by id; `scores` only where the tokenizer has them. */
export interface Vocabulary {
  tokens: (string | Uint8Array)[];
  kinds: number[];
  scores?: number[];
}

/** Tokens that some models declare as ordinary though they steer. Source: does_token_look_special of llama.cpp's conversion/base.py */
export function looksSpecial(token: string): boolean {
  if (['<pad>', '<mask>', '<2mass>', '[@BOS@]'].includes(token)) return true;
  return (token.startsWith('<|') && token.endsWith('|>')) || (token.startsWith('<｜') && token.endsWith('｜>')) || (token.startsWith('<unused') && token.endsWith('>'));
}

/** The sentencepiece sign for a space, as a space. */
export const withSpaces = (token: string) => token.replaceAll('\u2581', ' ');
