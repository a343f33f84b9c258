import { corruptTokenizer } from './tokenizer-files.js';
import type { Piece } from './unigram.js';

/** What a SentencePiece file says. */
export interface SentencePieceModel {
  pieces: Piece[];
  unknownId: number;
  /** The map of characters of its normalizer, where it has one. */
  charsmap?: Uint8Array;
}

interface Field {
  number: number;
  /** Bytes of a text or message; the value of a number. */
  bytes: Uint8Array;
  value: number;
}

const utf8 = new TextDecoder();
/** Fields of ModelProto and what is in it. Source: https://github.com/google/sentencepiece/blob/v0.2.0/src/sentencepiece_model.proto */
const modelField = { piece: 1, normalizer: 3 };
const pieceField = { text: 1, score: 2, type: 3 };
const charsmapField = 2;
const unknownType = 2;

/** Reads the pieces of a .model file. @throws {LlmiError} MODEL_FILE_CORRUPT */
export function parseSentencePiece(file: Uint8Array): SentencePieceModel {
  const pieces: Piece[] = [];
  let unknownId = 0;
  let charsmap: Uint8Array | undefined;
  for (const { number, bytes } of fieldsOf(file)) {
    if (number === modelField.piece) {
      const parts = [...fieldsOf(bytes)];
      const part = (wanted: number) => parts.find((field) => field.number === wanted);
      if (part(pieceField.type)?.value === unknownType) unknownId = pieces.length;
      pieces.push([utf8.decode(part(pieceField.text)?.bytes), part(pieceField.score)?.value ?? 0]);
    } else if (number === modelField.normalizer) {
      charsmap = [...fieldsOf(bytes)].find((field) => field.number === charsmapField)?.bytes;
    }
  }
  if (pieces.length === 0) throw notWhole();
  return { pieces, unknownId, ...(charsmap && charsmap.length > 0 ? { charsmap } : {}) };
}

/** Source: https://protobuf.dev/programming-guides/encoding/ */
function* fieldsOf(message: Uint8Array): Generator<Field> {
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  let position = 0;
  const varint = (): number => {
    for (let value = 0, power = 1; ; power *= 128) {
      if (position >= message.length) throw notWhole();
      const byte = message[position++]!;
      value += (byte & 127) * power;
      if (byte < 128) return value;
    }
  };
  const take = (length: number): Uint8Array => {
    position += length;
    if (position > message.length) throw notWhole();
    return message.subarray(position - length, position);
  };
  while (position < message.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        yield { number, bytes: new Uint8Array(), value: varint() };
        break;
      case 1:
        yield { number, bytes: take(8), value: NaN };
        break;
      case 2:
        yield { number, bytes: take(varint()), value: NaN };
        break;
      case 5:
        yield { number, bytes: take(4), value: view.getFloat32(position - 4, true) };
        break;
      default:
        throw notWhole();
    }
  }
}

const notWhole = () => corruptTokenizer('spiece.model', 'it is not a whole SentencePiece model');
