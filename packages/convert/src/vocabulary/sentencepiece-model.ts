import { corrupt } from '../errors.js';

/** A piece of a sentencepiece model. Source of the kinds: SentencePiece.Type of sentencepiece_model.proto */
export interface Piece {
  text: string;
  score: number;
  kind: 'normal' | 'unknown' | 'control' | 'userDefined' | 'unused' | 'byte';
}

export interface SentencePieceModel {
  pieces: Piece[];
  kind: 'unigram' | 'bpe' | 'word' | 'char';
  normalizer: { precompiledCharsmap: Uint8Array; addDummyPrefix: boolean; removeExtraWhitespaces: boolean };
}

const pieceKinds = ['normal', 'normal', 'unknown', 'control', 'userDefined', 'unused', 'byte'] as const;
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true }); // a piece may be the byte order mark
const modelKinds = ['unigram', 'unigram', 'bpe', 'word', 'char'] as const;

/**
 * Reads a sentencepiece model, a protocol buffer: of its fields those that a vocabulary consists of.
 *
 * Source: https://github.com/google/sentencepiece/blob/master/src/sentencepiece_model.proto
 * @throws {LlmiError} MODEL_FILE_CORRUPT
 */
export function readSentencePieceModel(bytes: Uint8Array, name: string): SentencePieceModel {
  const model: SentencePieceModel = { pieces: [], kind: 'unigram', normalizer: { precompiledCharsmap: new Uint8Array(), addDummyPrefix: true, removeExtraWhitespaces: true } };
  try {
    for (const { number, value } of fields(bytes)) {
      if (number === 1) model.pieces.push(readPiece(value as Uint8Array));
      if (number === 2) {
        for (const field of fields(value as Uint8Array)) if (field.number === 3) model.kind = modelKinds[Number(field.value)] ?? 'unigram';
      }
      if (number === 3) readNormalizer(value as Uint8Array, model.normalizer);
    }
  } catch (cause) {
    throw corrupt(`${name} is no sentencepiece model.`, cause);
  }
  if (model.pieces.length === 0) throw corrupt(`${name} is a sentencepiece model without pieces.`);
  return model;
}

function readPiece(bytes: Uint8Array): Piece {
  const piece: Piece = { text: '', score: 0, kind: 'normal' };
  for (const { number, value } of fields(bytes)) {
    if (number === 1) piece.text = utf8.decode(value as Uint8Array);
    if (number === 2) piece.score = value as number;
    if (number === 3) piece.kind = pieceKinds[Number(value)] ?? 'normal';
  }
  return piece;
}

function readNormalizer(bytes: Uint8Array, normalizer: SentencePieceModel['normalizer']): void {
  for (const { number, value } of fields(bytes)) {
    if (number === 2) normalizer.precompiledCharsmap = value as Uint8Array;
    if (number === 3) normalizer.addDummyPrefix = value !== 0;
    if (number === 4) normalizer.removeExtraWhitespaces = value !== 0;
  }
}

interface Field {
  number: number;
  value: number | Uint8Array; // an integer, a 32-bit float, or the bytes of a text or message
}

/** The fields of one message. Source: https://protobuf.dev/programming-guides/encoding */
function* fields(bytes: Uint8Array): Generator<Field> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let factor = 1; factor < 2 ** 64; factor *= 128) {
      const byte = view.getUint8(at++);
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    throw new RangeError('a number goes on for too long');
  };
  while (at < bytes.length) {
    const tag = varint();
    const [number, wire] = [Math.floor(tag / 8), tag % 8];
    if (wire === 0) {
      yield { number, value: varint() };
    } else if (wire === 5) {
      yield { number, value: view.getFloat32(at, true) };
      at += 4;
    } else if (wire === 1) {
      at += 8;
    } else if (wire === 2) {
      const length = varint();
      if (at + length > bytes.length) throw new RangeError('a field goes beyond the end');
      yield { number, value: bytes.subarray(at, at + length) };
      at += length;
    } else {
      throw new RangeError(`fields of kind ${wire} are not used`);
    }
  }
}
