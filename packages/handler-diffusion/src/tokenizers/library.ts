import * as library from '@huggingface/tokenizers';

/** What is used of a tokenizer of the library, whose own declarations do not resolve under Node's module rules. */
export interface LibraryTokenizer {
  normalizer: ((text: string) => string) | null;
  pre_tokenizer: ((text: string) => string[]) | null;
  encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] };
  token_to_id(token: string): number | undefined;
  id_to_token(id: number): string | undefined;
}

export const { Tokenizer } = library as unknown as { Tokenizer: new (tokenizer: object, config: object) => LibraryTokenizer };
