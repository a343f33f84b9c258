import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { precompiledNormalizer } from './precompiled-charsmap.js';
import { parseSentencePiece, type SentencePieceModel } from './sentencepiece-model.js';
import { corruptTokenizer, isObject, missingTokenizer, readSpecialTokens, readTokenizerJson } from './tokenizer-files.js';
import { Unigram, type Piece } from './unigram.js';

const defaultTokens = { eos_token: '</s>', unk_token: '<unk>', pad_token: '<pad>' };
const defaultExtraIds = 100;
const usualUnknownId = 2;
const wordStart = '▁';
const spaces = /\p{White_Space}+/u;

/** Token ids of one text, and 1 in the mask for each that is not padding. */
export interface T5Encoding {
  ids: number[];
  mask: number[];
}

/** The SentencePiece tokenizer of T5. */
export class T5Tokenizer {
  private constructor(
    private readonly unigram: Unigram,
    private readonly normalize: (text: string) => string,
    /** Finds the special tokens in a text, and keeps them when it is split. */
    private readonly special: RegExp,
    private readonly idOf: ReadonlyMap<string, number>,
    private readonly eosId: number,
    private readonly padId: number,
  ) {}

  /**
   * The tokenizer of a folder with tokenizer.json or spiece.model.
   * @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT
   */
  static async load(folder: string): Promise<T5Tokenizer> {
    const { config, special } = await readSpecialTokens(folder, defaultTokens);
    const { pieces, unknownId, charsmap, added } = (await readTokenizerFile(folder)) ?? withExtraIds(await readModelFile(folder), config.extra_ids);
    const unigram = new Unigram(pieces, unknownId);
    const idOf = new Map(added);
    const tokenId = (role: string) => {
      const { content } = special[role]!;
      const id = idOf.get(content) ?? unigram.ids.get(content);
      if (id === undefined) throw corruptTokenizer('tokenizer.json', `it has no token "${content}"`);
      idOf.set(content, id);
      return id;
    };
    const [eosId, padId] = [tokenId('eos_token'), tokenId('pad_token')];
    tokenId('unk_token');
    const longestFirst = [...idOf.keys()].sort((left, right) => right.length - left.length);
    return new T5Tokenizer(unigram, charsmap ? precompiledNormalizer(charsmap) : (text) => text, new RegExp(`(${longestFirst.map(escapeForRegExp).join('|')})`), idOf, eosId, padId);
  }

  /** Tokens of a text and the one at its end, cut and filled up to `maxLength` as transformers does. */
  encode(text: string, maxLength: number): T5Encoding {
    const ids = [...this.content(text).slice(0, maxLength - 1), this.eosId];
    const count = ids.length;
    return { ids: [...ids, ...Array<number>(maxLength - count).fill(this.padId)], mask: Array.from({ length: maxLength }, (_, index) => (index < count ? 1 : 0)) };
  }

  /** Tokens of a text without any at its end. */
  private content(text: string): number[] {
    return text.split(this.special).flatMap((part, index) => (index % 2 === 1 ? [this.idOf.get(part)!] : this.words(part).flatMap((word) => this.unigram.encode(word))));
  }

  /** Words, each with the sign of its start; that sign within a word starts another one. */
  private words(text: string): string[] {
    const words = this.normalize(text).split(spaces);
    return words.flatMap((word) => (word === '' ? [] : (word.startsWith(wordStart) ? word : wordStart + word).split(/(?=▁)/)));
  }
}

/** @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT */
export const loadT5Tokenizer = (folder: string): Promise<T5Tokenizer> => T5Tokenizer.load(folder);

/** With the tokens that are no pieces of the model, and their ids. */
interface T5Model extends SentencePieceModel {
  added: (readonly [content: string, id: number])[];
}

async function readTokenizerFile(folder: string): Promise<T5Model | undefined> {
  const file = await readTokenizerJson(folder, 'tokenizer.json');
  if (!file) return undefined;
  const model = isObject(file.model) ? file.model : {};
  const isPiece = (piece: unknown): piece is Piece => Array.isArray(piece) && typeof piece[0] === 'string' && typeof piece[1] === 'number';
  if (!Array.isArray(model.vocab) || !model.vocab.every(isPiece)) throw corruptTokenizer('tokenizer.json', 'it has no pieces with scores');
  const map = charsmapOf(file.normalizer);
  const listed = Array.isArray(file.added_tokens) ? file.added_tokens.filter(isObject) : [];
  return {
    pieces: model.vocab,
    unknownId: typeof model.unk_id === 'number' ? model.unk_id : usualUnknownId,
    added: listed.flatMap(({ content, id }) => (typeof content === 'string' && content !== '' && typeof id === 'number' ? [[content, id] as const] : [])),
    ...(map === undefined ? {} : { charsmap: Uint8Array.from(Buffer.from(map, 'base64')) }),
  };
}

/** The map is the normalizer, or one of several. What else stands there is what `T5Tokenizer` of transformers does anyway. */
function charsmapOf(normalizer: unknown): string | undefined {
  if (!isObject(normalizer)) return undefined;
  if (Array.isArray(normalizer.normalizers)) return normalizer.normalizers.map(charsmapOf).find((map) => map !== undefined);
  return typeof normalizer.precompiled_charsmap === 'string' ? normalizer.precompiled_charsmap : undefined;
}

async function readModelFile(folder: string): Promise<SentencePieceModel> {
  const file = await readFile(join(folder, 'spiece.model')).catch(() => undefined);
  if (!file) throw missingTokenizer('tokenizer.json or spiece.model');
  return parseSentencePiece(Uint8Array.from(file));
}

/** T5 keeps the last ids for gaps in a text; they are no pieces of the model. The first has the highest id. */
function withExtraIds(model: SentencePieceModel, count: unknown): T5Model {
  const extra = typeof count === 'number' ? count : defaultExtraIds;
  return { ...model, added: Array.from({ length: extra }, (_, index) => [`<extra_id_${index}>`, model.pieces.length + extra - 1 - index] as const) };
}

const escapeForRegExp = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
