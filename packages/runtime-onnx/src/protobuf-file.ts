import { readSync } from 'node:fs';

/** A length-delimited field: where its content lies in the file. */
export interface ProtobufField {
  number: number;
  start: number;
  end: number;
}

/** A field that is a number; beyond 2^53 not all of its digits. */
export interface ProtobufNumber {
  number: number;
  value: number;
}

/** The file is not protobuf, or ends too early. */
export class ProtobufError extends Error {}

const windowBytes = 16 * 1024;
/** Tags and lengths are 32-bit: five groups of seven bits. */
const maxVarint32Bytes = 5;
const maxVarint64Bytes = 10;

/**
 * Walks the fields of a protobuf file through a small window: content that nobody asks for, such as weights, is stepped over and
 * never read. Reads are synchronous: each is one small pread, and a graph of thousands of nodes would pay more for awaiting them.
 *
 * Stricter than the format where parsers could disagree: overlong tags and lengths and groups are refused.
 * Source: https://protobuf.dev/programming-guides/encoding/
 */
export class ProtobufFile {
  readonly #window = Buffer.alloc(windowBytes);
  #windowStart = 0;
  #windowEnd = 0;

  constructor(
    readonly fileDescriptor: number,
    readonly sizeBytes: number,
  ) {}

  /** The length-delimited fields between two positions, in file order; numbers are stepped over. */
  *fields(start: number, end: number): Generator<ProtobufField> {
    for (const entry of this.entries(start, end)) if ('end' in entry) yield entry;
  }

  /** The length-delimited fields and the whole numbers between two positions, in file order. */
  *entries(start: number, end: number): Generator<ProtobufField | ProtobufNumber> {
    let position = start;
    while (position < end) {
      const tag = this.#varint32(position, end);
      position = tag.next;
      const number = tag.value >>> 3;
      if (number === 0) throw new ProtobufError('field number 0');
      switch (tag.value & 7) {
        case 0: {
          const { value, next } = this.#varint64(position, end);
          position = next;
          yield { number, value };
          break;
        }
        case 1:
          position += 8;
          break;
        case 2: {
          const length = this.#varint32(position, end);
          position = length.next + length.value;
          if (position > end) throw new ProtobufError('a field reaches beyond its message');
          yield { number, start: length.next, end: position };
          break;
        }
        case 5:
          position += 4;
          break;
        default:
          throw new ProtobufError(`wire type ${tag.value & 7}`);
      }
      if (position > end) throw new ProtobufError('a field reaches beyond its message');
    }
  }

  /** The content of a field, which must not be longer than `maxBytes`. */
  bytes({ start, end }: ProtobufField, maxBytes: number): Buffer {
    if (end - start > maxBytes) throw new ProtobufError(`a text of ${end - start} bytes`);
    const content = Buffer.alloc(end - start);
    const read = readSync(this.fileDescriptor, content, 0, content.length, start);
    if (read < content.length) throw new ProtobufError('the file ends early');
    return content;
  }

  #varint32(position: number, end: number): { value: number; next: number } {
    let value = 0;
    for (let index = 0; index < maxVarint32Bytes; index++) {
      const byte = this.#byte(position + index, end);
      value += (byte & 0x7f) * 2 ** (7 * index);
      if (byte >= 0x80) continue;
      if (value > 0xffff_ffff) break;
      return { value, next: position + index + 1 };
    }
    throw new ProtobufError('a number of more than 32 bits');
  }

  #varint64(position: number, end: number): { value: number; next: number } {
    let value = 0;
    for (let index = 0; index < maxVarint64Bytes; index++) {
      const byte = this.#byte(position + index, end);
      value += (byte & 0x7f) * 2 ** (7 * index);
      if (byte < 0x80) return { value, next: position + index + 1 };
    }
    throw new ProtobufError('a number of more than 64 bits');
  }

  #byte(position: number, end: number): number {
    if (position >= end) throw new ProtobufError('a field reaches beyond its message');
    if (position < this.#windowStart || position >= this.#windowEnd) {
      this.#windowStart = position;
      this.#windowEnd = position + readSync(this.fileDescriptor, this.#window, 0, windowBytes, position);
      if (this.#windowEnd === position) throw new ProtobufError('the file ends early');
    }
    return this.#window[position - this.#windowStart]!;
  }
}
