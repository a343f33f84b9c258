import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { LlmiError } from '@llmi/core';

/** The header goes on beyond the bytes that were read. */
class NeedMore extends Error {}
/** The header contradicts itself or the file. */
class Fault extends Error {}

const magic = 0x46554747; // "GGUF", little-endian
const firstReadBytes = 1 << 20;
const stringType = 8;
const arrayType = 9;
/** Bytes of a metadata value by its type; 0 for those with a length of their own. */
const valueBytes = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];
const deepestArray = 3;
const mostDimensions = 4;

/**
 * Elements and bytes of one block by tensor type; a type that is not here is left to llama.cpp.
 * Source: type_traits in https://github.com/ggml-org/ggml/blob/master/src/ggml.c
 */
const blocks: Record<number, [elements: number, bytes: number]> = {
  0: [1, 4],
  1: [1, 2],
  2: [32, 18],
  3: [32, 20],
  6: [32, 22],
  7: [32, 24],
  8: [32, 34],
  10: [256, 84],
  11: [256, 110],
  12: [256, 144],
  13: [256, 176],
  14: [256, 210],
  20: [32, 18],
  23: [256, 136],
  30: [1, 2],
  39: [32, 17],
};

/**
 * Walks through the header of a GGUF file: every length and every tensor lies inside the file. The readers behind do not check
 * that, and a damaged length can end the process there. Returns the bytes of all tensors by the number of their type.
 * Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 * @throws {LlmiError} MODEL_FILE_CORRUPT
 */
export async function checkGguf(path: string, fileBytes: number): Promise<Map<number, number>> {
  const file = await open(path);
  try {
    for (let wanted = Math.min(firstReadBytes, fileBytes); ; wanted = Math.min(wanted * 4, fileBytes)) {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(wanted), 0, wanted, 0);
      try {
        return walk(new Cursor(buffer.subarray(0, bytesRead), fileBytes));
      } catch (error) {
        if (error instanceof NeedMore && wanted < fileBytes && bytesRead === wanted) continue;
        if (error instanceof NeedMore || error instanceof Fault) throw corrupt(path, error instanceof Fault ? error.message : 'it ends inside its header', error);
        throw error;
      }
    }
  } finally {
    await file.close();
  }
}

function corrupt(path: string, problem: string, cause: unknown): LlmiError {
  return new LlmiError('MODEL_FILE_CORRUPT', {
    message: `The model file ${basename(path)} is damaged or incomplete: ${problem}.`,
    hint: 'Install the model again; if that does not help, its author uploaded a broken file.',
    cause,
  });
}

function walk(cursor: Cursor): Map<number, number> {
  if (cursor.uint32() !== magic) throw new Fault('it does not start with "GGUF"');
  const version = cursor.uint32();
  if (version !== 2 && version !== 3) throw new Fault(`its version is ${version}, not 2 or 3`);
  const tensors = cursor.count(24); // bytes of the shortest entry
  const pairs = cursor.count(12);
  let alignment = 32;
  for (let index = 0; index < pairs; index++) {
    const key = cursor.text();
    const type = cursor.uint32();
    if (key === 'general.alignment' && type === 4) alignment = cursor.uint32();
    else skipValue(cursor, type, 0);
  }
  if (alignment < 1 || !Number.isInteger(Math.log2(alignment))) throw new Fault('its alignment is no power of two');
  const bytesByType = new Map<number, number>();
  let dataBytes = 0;
  for (let index = 0; index < tensors; index++) {
    const { type, offset, bytes } = readTensor(cursor);
    dataBytes = Math.max(dataBytes, offset + bytes);
    bytesByType.set(type, (bytesByType.get(type) ?? 0) + bytes);
  }
  const missing = Math.ceil(cursor.position / alignment) * alignment + dataBytes - cursor.fileBytes;
  if (missing > 0) throw new Fault(`${missing} bytes of its tensors are missing`);
  return bytesByType;
}

function skipValue(cursor: Cursor, type: number, depth: number): void {
  if (type === stringType) return cursor.skip(cursor.count(1));
  if (type !== arrayType) return cursor.skip(bytesOf(type));
  const itemType = cursor.uint32();
  if (depth === deepestArray) throw new Fault('its metadata is nested too deep');
  const itemBytes = itemType === stringType || itemType === arrayType ? 8 : bytesOf(itemType);
  const length = cursor.count(itemBytes);
  if (itemType !== stringType && itemType !== arrayType) return cursor.skip(length * itemBytes);
  for (let index = 0; index < length; index++) skipValue(cursor, itemType, depth + 1);
}

function bytesOf(type: number): number {
  const bytes = valueBytes[type];
  if (!bytes) throw new Fault(`its metadata has a value of unknown type ${type}`);
  return bytes;
}

/** The next tensor of the table: its type, where its data starts counted from the start of all data, and how long it is. */
function readTensor(cursor: Cursor): { type: number; offset: number; bytes: number } {
  const name = cursor.text();
  const dimensions = cursor.uint32();
  if (dimensions > mostDimensions) throw new Fault(`tensor ${JSON.stringify(name.slice(0, 80))} has ${dimensions} dimensions`);
  let elements = 1;
  for (let index = 0; index < dimensions; index++) elements *= cursor.uint64();
  const type = cursor.uint32();
  const block = blocks[type];
  return { type, offset: cursor.uint64(), bytes: block ? (elements / block[0]) * block[1] : 0 };
}

/** Little-endian values one after the other, from the first bytes of a file of `fileBytes`. */
class Cursor {
  position = 0;
  readonly #view: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    readonly fileBytes: number,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  uint64(): number {
    return Number(this.#view.getBigUint64(this.#take(8), true));
  }

  /** A number of things of which each takes `bytesEach` or more. */
  count(bytesEach: number): number {
    const count = this.uint64();
    if (count * bytesEach > this.fileBytes - this.position) throw new Fault('a length in its header is more than the file can hold');
    return count;
  }

  text(): string {
    const length = this.count(1);
    const start = this.#take(length);
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start, length).toString('utf8');
  }

  skip(count: number): void {
    this.#take(count);
  }

  #take(count: number): number {
    const start = this.position;
    if (start + count > this.bytes.length) throw new NeedMore();
    this.position += count;
    return start;
  }
}
