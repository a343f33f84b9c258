import { missing } from '../errors.js';
import type { GgufMetadata } from '../gguf/metadata.js';
import { isObject, type JsonObject, type ModelFolder } from '../model-folder.js';
import { readSentencePieceModel, type Piece } from './sentencepiece-model.js';
import type { TokenizerFiles } from './tokenizer-files.js';
import { looksSpecial, tokenKind, withSpaces, type Vocabulary } from './vocabulary.js';

const addedScore = -1000;

/** Kinds as GGUF has them; a piece that its maker defined counts as a normal one, as in the reference. */
const kindOf: Record<Piece['kind'], number> = {
  normal: tokenKind.normal, userDefined: tokenKind.normal, unknown: tokenKind.unknown, control: tokenKind.control, unused: tokenKind.unused, byte: tokenKind.byte,
};

/**
 * The vocabulary of tokenizer.model, with what added_tokens.json and tokenizer_config.json add or rename.
 *
 * @param size tokens of the model; the model's own number of pieces when undefined
 * @param isPhi Phi-3's own way: flags as they are declared, tokenizer.json asked last
 * Source: _create_vocab_sentencepiece of llama.cpp's conversion/base.py, and Phi3MiniModel.set_vocab of conversion/phi.py
 * @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT
 */
export async function sentencePieceVocabulary(folder: ModelFolder, files: TokenizerFiles, size: number | undefined, isPhi = false): Promise<Vocabulary> {
  const bytes = await folder.bytes('tokenizer.model');
  if (!bytes) throw missing('tokenizer.model', 'The tokenizer');
  const { pieces } = readSentencePieceModel(bytes, 'tokenizer.model');
  const vocabulary = emptyVocabulary(size ?? pieces.length);
  pieces.slice(0, vocabulary.tokens.length).forEach(({ text, score, kind }, id) => set(vocabulary, id, text, score, kindOf[kind]));
  for (const [token, id] of Object.entries((await folder.json('added_tokens.json')) ?? {})) {
    set(vocabulary, Number(id), token, addedScore, tokenKind.userDefined);
  }
  const declared = files.config?.['added_tokens_decoder'];
  for (const [id, entry] of Object.entries(isObject(declared) ? declared : {})) {
    if (isObject(entry)) setAdded(vocabulary, Number(id), entry, isPhi);
  }
  const listed = isPhi ? files.json?.['added_tokens'] : [];
  for (const entry of Array.isArray(listed) ? listed.filter(isObject) : []) setAdded(vocabulary, Number(entry['id']), entry, isPhi);
  return vocabulary;
}

export function emptyVocabulary(size: number): Required<Vocabulary> {
  return {
    tokens: Array.from({ length: size }, (_, id) => `[PAD${id}]`),
    scores: new Array<number>(size).fill(-10_000),
    kinds: new Array<number>(size).fill(tokenKind.unused),
  };
}

function set(vocabulary: Required<Vocabulary>, id: number, token: string, score: number, kind: number): void {
  if (!(id < vocabulary.tokens.length)) return; // beyond the model's embeddings
  vocabulary.tokens[id] = token;
  vocabulary.scores[id] = score;
  vocabulary.kinds[id] = kind;
}

function setAdded(vocabulary: Required<Vocabulary>, id: number, entry: JsonObject, isPhi: boolean): void {
  const token = String(entry['content']);
  const isControl = Boolean(entry['special']) || (!isPhi && looksSpecial(token));
  set(vocabulary, id, isControl || isPhi ? token : withSpaces(token), addedScore, isControl ? tokenKind.control : tokenKind.userDefined);
}

/** True for a BPE with byte fallback in tokenizer.json: the form that sentencepiece models take there. */
export function isByteFallbackBpe(files: TokenizerFiles): boolean {
  if (!files.json) return false;
  const { decoder } = files.json;
  return files.model['type'] === 'BPE' && files.model['byte_fallback'] === true && isObject(decoder) && decoder['type'] === 'Sequence';
}

/**
 * The same kind of vocabulary where only tokenizer.json is there: without scores of its own.
 *
 * Source: LlamaHfVocab of llama.cpp's gguf-py/gguf/vocab.py
 */
export function byteFallbackVocabulary(files: TokenizerFiles): Vocabulary {
  const base = files.vocabulary();
  const special = files.specialTokens();
  const byId = new Map([...base].map(([token, id]) => [id, token]));
  for (const { content, id } of files.addedTokens()) byId.set(id, content);
  const vocabulary: Vocabulary = { tokens: [], scores: [], kinds: [] };
  for (const [id, token] of [...byId].sort(([left], [right]) => left - right)) {
    vocabulary.tokens.push(token);
    vocabulary.scores!.push(addedScore);
    if (/^<0x[0-9A-Fa-f]{2}>$/.test(token) && id < base.size) vocabulary.kinds.push(tokenKind.byte);
    else if (special.has(token)) vocabulary.kinds.push(tokenKind.control);
    else vocabulary.kinds.push(id < base.size ? tokenKind.normal : tokenKind.userDefined);
  }
  return vocabulary;
}

export function writeVocabulary(metadata: GgufMetadata, model: string, pre: string, { tokens, kinds, scores }: Vocabulary): void {
  metadata.string('tokenizer.ggml.model', model);
  metadata.string('tokenizer.ggml.pre', pre);
  metadata.strings('tokenizer.ggml.tokens', tokens);
  if (scores) metadata.numbers('tokenizer.ggml.scores', 'float32', scores);
  metadata.numbers('tokenizer.ggml.token_type', 'int32', kinds);
}
