import type { FamilyContext } from '../families/family.js';
import type { GgufMetadata } from '../gguf/metadata.js';
import { baseVocabulary } from './base-vocabulary.js';
import { preTokenizer } from './pre-tokenizer.js';
import { byteFallbackVocabulary, isByteFallbackBpe, sentencePieceVocabulary, writeVocabulary } from './sentencepiece.js';
import { writeSpecialTokens } from './special-tokens.js';
import { tokenKind } from './vocabulary.js';

/** Byte-level BPE, as of GPT-2 and all that came after it. */
export async function writeByteLevel({ folder, tokenizer, config, preTokenizer: named, notes }: FamilyContext, metadata: GgufMetadata): Promise<void> {
  const vocabulary = baseVocabulary(tokenizer, config.number('vocab_size'));
  writeVocabulary(metadata, 'gpt2', named ?? (await preTokenizer(tokenizer, notes)), vocabulary);
  await writeSpecialTokens(metadata, folder, tokenizer, { loadMerges: true, notes });
}

/** Sentencepiece of tokenizer.model. */
export async function writeSentencePiece(context: FamilyContext, metadata: GgufMetadata, isPhi = false): Promise<void> {
  const { folder, tokenizer, config } = context;
  const vocabulary = await sentencePieceVocabulary(folder, tokenizer, config.number('vocab_size'), isPhi);
  writeVocabulary(metadata, 'llama', 'default', vocabulary);
  await writeSpecialTokens(metadata, folder, tokenizer, { vocabularySize: vocabulary.tokens.length });
}

/** Sentencepiece where tokenizer.model is there, else the same kind of vocabulary from tokenizer.json, else byte-level BPE. */
export async function writeLlamaVocabulary(context: FamilyContext, metadata: GgufMetadata): Promise<void> {
  const { folder, tokenizer } = context;
  if (folder.has('tokenizer.model')) return writeSentencePiece(context, metadata);
  if (!isByteFallbackBpe(tokenizer)) return writeByteLevel(context, metadata);
  const vocabulary = byteFallbackVocabulary(tokenizer);
  writeVocabulary(metadata, 'llama', 'default', vocabulary);
  await writeSpecialTokens(metadata, folder, tokenizer, { vocabularySize: vocabulary.tokens.length });
}

/** WordPiece; words start with the sentencepiece sign for a space, and their continuations with nothing. */
export async function writeWordPiece({ folder, tokenizer, config, preTokenizer: named, notes }: FamilyContext, metadata: GgufMetadata): Promise<void> {
  const { tokens, kinds } = baseVocabulary(tokenizer, config.number('vocab_size'));
  const pre = named ?? (await preTokenizer(tokenizer, notes));
  metadata.uint32('tokenizer.ggml.token_type_count', config.number('type_vocab_size') ?? 1);
  const turned = (tokens as string[]).map((token, id) => (kinds[id] === tokenKind.control ? token : token.startsWith('##') ? token.slice(2) : `\u2581${token}`));
  writeVocabulary(metadata, 'bert', pre, { tokens: turned, kinds });
  await writeSpecialTokens(metadata, folder, tokenizer, { vocabularySize: turned.length });
}
