import { tensorTypes, typeBytes, type TensorType } from '../quantize/quantize.js';
import { encodeString, type GgufMetadata } from './metadata.js';

/** A tensor as the header names it. `shape` is the checkpoint's, slowest dimension first; the file has it the other way round. */
export interface TensorEntry {
  name: string;
  shape: readonly number[];
  type: TensorType;
}

const alignment = 32;

export const aligned = (bytes: number) => Math.ceil(bytes / alignment) * alignment;

export const elementCount = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

/**
 * The bytes of a GGUF file before the tensors' data, padded to where the data starts.
 *
 * Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, version 3
 */
export function encodeHeader(metadata: GgufMetadata, tensors: readonly TensorEntry[]): Uint8Array {
  const head = Buffer.alloc(24);
  head.write('GGUF', 'latin1');
  head.writeUInt32LE(3, 4);
  head.writeBigUInt64LE(BigInt(tensors.length), 8);
  head.writeBigUInt64LE(BigInt(metadata.count), 16);
  const parts: Uint8Array[] = [head, ...metadata.encode()];
  let offset = 0;
  for (const { name, shape, type } of tensors) {
    const entry = Buffer.alloc(4 + 8 * shape.length + 12);
    entry.writeUInt32LE(shape.length, 0);
    [...shape].reverse().forEach((size, index) => entry.writeBigUInt64LE(BigInt(size), 4 + 8 * index));
    entry.writeUInt32LE(tensorTypes[type].id, 4 + 8 * shape.length);
    entry.writeBigUInt64LE(BigInt(offset), 8 + 8 * shape.length);
    parts.push(encodeString(name), entry);
    offset += aligned(typeBytes(type, elementCount(shape)));
  }
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([...parts, new Uint8Array(aligned(length) - length)]);
}
