import * as library from '@huggingface/tokenizers';
import { LlmiError } from '@llmi/core';

/** What is used of a tokenizer of the library, whose own declarations do not resolve under Node's module rules. */
export interface LibraryTokenizer {
  encode(text: string, options?: { add_special_tokens?: boolean }): { ids: number[] };
  decode(ids: number[], options?: { skip_special_tokens?: boolean }): string;
  token_to_id(token: string): number | undefined;
}
const { Tokenizer } = library as unknown as { Tokenizer: new (tokenizer: object, config: object) => LibraryTokenizer };

/** @throws {LlmiError} MODEL_FILE_CORRUPT */
export function openTokenizer(file: object, config: object): LibraryTokenizer {
  try {
    return new Tokenizer(file, config);
  } catch (cause) {
    throw new LlmiError('MODEL_FILE_CORRUPT', { message: 'The model file tokenizer.json cannot be used.', hint: 'Install the model again; if that does not help, its tokenizer is of a kind that llmi does not know.', cause });
  }
}
