import { corrupt, missing } from '../errors.js';
import type { FamilyContext } from '../families/family.js';
import type { GgufMetadata } from '../gguf/metadata.js';
import { isObject, type ModelFolder } from '../model-folder.js';
import { readSentencePieceModel } from './sentencepiece-model.js';
import { emptyVocabulary, writeVocabulary } from './sentencepiece.js';
import { writeSpecialTokens } from './special-tokens.js';
import { tokenText, type TokenizerFiles } from './tokenizer-files.js';
import { tokenKind, type Vocabulary } from './vocabulary.js';

interface Unigram {
  vocabulary: Required<Vocabulary>;
  addPrefix: boolean;
  removeWhitespaces: boolean;
  charsmap: Uint8Array;
}

/**
 * The unigram vocabulary of XLM-RoBERTa models, from sentencepiece.bpe.model or tokenizer.json.
 *
 * Source: BertModel._xlmroberta_set_vocab of llama.cpp's conversion/bert.py
 */
export async function writeUnigram({ folder, tokenizer, config }: FamilyContext, metadata: GgufMetadata): Promise<void> {
  const size = config.number('vocab_size') ?? 0;
  const unigram = (await fromSentencePiece(folder, size)) ?? fromTokenizerJson(tokenizer, size);
  writeVocabulary(metadata, 't5', 'default', unigram.vocabulary);
  metadata.bool('tokenizer.ggml.add_space_prefix', unigram.addPrefix);
  metadata.uint32('tokenizer.ggml.token_type_count', config.number('type_vocab_size') ?? 1);
  metadata.bool('tokenizer.ggml.remove_extra_whitespaces', unigram.removeWhitespaces);
  metadata.numbers('tokenizer.ggml.precompiled_charsmap', 'uint8', unigram.charsmap);
  await writeSpecialTokens(metadata, folder, tokenizer, { vocabularySize: unigram.vocabulary.tokens.length });
}

/** The four tokens that XLM-RoBERTa puts in front of the pieces, which it moves up by one. */
const firstTokens = ['<s>', '<pad>', '</s>', '<unk>'];

async function fromSentencePiece(folder: ModelFolder, size: number): Promise<Unigram | undefined> {
  const name = 'sentencepiece.bpe.model';
  const bytes = await folder.bytes(name);
  if (!bytes) return undefined;
  const { pieces, kind, normalizer } = readSentencePieceModel(bytes, name);
  if (kind !== 'unigram') throw corrupt(`${name} is no unigram model.`);
  const vocabulary = emptyVocabulary(Math.max(size, pieces.length));
  const kinds = { ...tokenKind, userDefined: tokenKind.normal };
  pieces.forEach((piece, id) => {
    vocabulary.tokens[id] = piece.text;
    vocabulary.scores[id] = piece.score;
    vocabulary.kinds[id] = kinds[piece.kind];
  });
  const moved = <T>(first: T[], rest: T[]) => [...first, ...rest.slice(3, -1)];
  return {
    vocabulary: {
      tokens: moved<string | Uint8Array>(firstTokens, vocabulary.tokens),
      scores: moved([0, 0, 0, 0], vocabulary.scores),
      kinds: moved<number>([tokenKind.control, tokenKind.control, tokenKind.control, tokenKind.unknown], vocabulary.kinds),
    },
    addPrefix: normalizer.addDummyPrefix,
    removeWhitespaces: normalizer.removeExtraWhitespaces,
    charsmap: normalizer.precompiledCharsmap,
  };
}

function fromTokenizerJson(files: TokenizerFiles, size: number): Unigram {
  if (!files.json) throw missing('sentencepiece.bpe.model or tokenizer.json', 'The tokenizer');
  const { model, config } = files;
  if (model['type'] !== 'Unigram' || !Array.isArray(model['vocab'])) throw corrupt('tokenizer.json has no unigram model.');
  const pieces = model['vocab'] as [string, number][];
  const vocabulary = emptyVocabulary(Math.max(size, pieces.length));
  const added = new Map(files.addedTokens().map(({ content, id }) => [content, id]));
  const special = files.specialTokens();
  const unknownText = tokenText(config?.['unk_token']);
  const unknown = (unknownText === undefined ? undefined : added.get(unknownText)) ?? Number(model['unk_id'] ?? 3);
  const addedIds = new Set(added.values());
  pieces.forEach(([token, score], id) => {
    vocabulary.tokens[id] = token;
    vocabulary.scores[id] = score;
    if (id === unknown) vocabulary.kinds[id] = tokenKind.unknown;
    else if (special.has(token)) vocabulary.kinds[id] = tokenKind.control;
    else vocabulary.kinds[id] = addedIds.has(id) ? tokenKind.userDefined : tokenKind.normal;
  });
  return { vocabulary, addPrefix: config?.['add_prefix_space'] === true, removeWhitespaces: config?.['clean_up_tokenization_spaces'] === true, charsmap: charsmapOf(files) };
}

/** The normalizer's table, which may be one step of several. */
function charsmapOf(files: TokenizerFiles): Uint8Array {
  const normalizer = files.json?.['normalizer'];
  const inner = isObject(normalizer) ? normalizer['normalizers'] : undefined;
  const steps = [normalizer, ...(Array.isArray(inner) ? inner : [])].filter(isObject);
  const text = steps.map((step) => step['precompiled_charsmap']).find((value) => value !== undefined);
  if (typeof text !== 'string') throw corrupt('tokenizer.json has no precompiled_charsmap, which a unigram vocabulary needs.');
  return Buffer.from(text, 'base64');
}
