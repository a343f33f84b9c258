import * as library from '@huggingface/tokenizers';
import type { NormalizerConfig } from './normalizer.js';

/** What is used of a tokenizer of the library, whose own declarations do not resolve under Node's module rules. */
export interface LibraryTokenizer {
  normalizer: ((text: string) => string) | null;
  encode(text: string, options: { text_pair?: string; add_special_tokens?: boolean; return_token_type_ids?: boolean }): { ids: number[]; token_type_ids?: number[] };
  token_to_id(token: string): number | undefined;
}

interface Library {
  Tokenizer: new (tokenizer: object, config: object) => LibraryTokenizer;
  SequenceNormalizer: new (config: { type: 'Sequence'; normalizers: NormalizerConfig[] }) => { normalize(text: string): string };
}

export const { Tokenizer, SequenceNormalizer } = library as unknown as Library;
