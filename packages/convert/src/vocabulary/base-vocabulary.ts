import { corrupt } from '../errors.js';
import { fromByteLevel } from './byte-level.js';
import type { TokenizerFiles } from './tokenizer-files.js';
import { looksSpecial, tokenKind, withSpaces, type Vocabulary } from './vocabulary.js';

/**
 * The vocabulary of byte-level BPE and WordPiece tokenizers, filled up to `size` with unused tokens.
 *
 * Source: TextModel.get_vocab_base of llama.cpp's conversion/base.py
 * @throws {LlmiError} MODEL_FILE_CORRUPT for ids beyond the size that config.json gives
 */
export function baseVocabulary(files: TokenizerFiles, size: number | undefined): Vocabulary {
  const added = new Map(files.addedTokens(size).map((token) => [token.content, token]));
  const ids = new Map([...added.values()].map(({ id, content }) => [content, id]));
  const vocabulary = files.vocabulary();
  const count = size ?? new Set([...vocabulary.keys(), ...added.keys()]).size;
  const result: Vocabulary = { tokens: [], kinds: [] };
  const byId = new Array<string | undefined>(count);
  const place = (token: string, id: number) => {
    if (!(id < count)) throw corrupt(`The token ${JSON.stringify(token)} has the id ${id}, but config.json gives the model ${count} tokens.`);
    byId[id] = token;
  };
  for (const [token, id] of vocabulary) if (!ids.has(token)) place(token, id);
  for (const [token, id] of ids) place(token, id);
  for (let id = 0; id < count; id++) {
    const token = byId[id];
    const flags = token === undefined ? undefined : added.get(token);
    if (token === undefined) {
      push(result, `[PAD${id}]`, tokenKind.unused);
    } else if (!flags) {
      push(result, token, tokenKind.normal);
    } else {
      const text = flags.normalized ? token : decoded(token, files);
      if (flags.special || looksSpecial(text)) push(result, text, tokenKind.control);
      else push(result, withSpaces(text), tokenKind.userDefined);
    }
  }
  return result;
}

function push(vocabulary: Vocabulary, token: string, kind: number): void {
  vocabulary.tokens.push(token);
  vocabulary.kinds.push(kind);
}

/** The token as it comes back from encoding and decoding: a byte-level decoder takes signs of its alphabet for bytes. */
function decoded(token: string, files: TokenizerFiles): string {
  return JSON.stringify(files.json?.['decoder'] ?? null).includes('"ByteLevel"') ? fromByteLevel(token) : token;
}
