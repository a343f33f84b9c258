import { toQ4_K, toQ5_K, toQ6_K } from './block-256.js';
import { toQ4_0, toQ5_0, toQ5_1, toQ8_0 } from './block-32.js';
import { toBF16, toF16, toF32 } from './plain-types.js';
import { sourceBytes, widen, type SourceType } from './widen.js';

/** A tensor type that can be written: its number in GGUF, elements and bytes of one block, and how floats become it. */
interface TensorTypeTraits {
  id: number;
  blockElements: number;
  blockBytes: number;
  encode: (floats: Float32Array, into: Uint8Array) => void;
}

/** Source of numbers and sizes: ggml_type and the block structs of https://github.com/ggml-org/ggml */
export const tensorTypes = {
  F32: { id: 0, blockElements: 1, blockBytes: 4, encode: toF32 },
  F16: { id: 1, blockElements: 1, blockBytes: 2, encode: toF16 },
  BF16: { id: 30, blockElements: 1, blockBytes: 2, encode: toBF16 },
  Q4_0: { id: 2, blockElements: 32, blockBytes: 18, encode: toQ4_0 },
  Q5_0: { id: 6, blockElements: 32, blockBytes: 22, encode: toQ5_0 },
  Q5_1: { id: 7, blockElements: 32, blockBytes: 24, encode: toQ5_1 },
  Q8_0: { id: 8, blockElements: 32, blockBytes: 34, encode: toQ8_0 },
  Q4_K: { id: 12, blockElements: 256, blockBytes: 144, encode: toQ4_K },
  Q5_K: { id: 13, blockElements: 256, blockBytes: 176, encode: toQ5_K },
  Q6_K: { id: 14, blockElements: 256, blockBytes: 210, encode: toQ6_K },
} as const satisfies Record<string, TensorTypeTraits>;

export type TensorType = keyof typeof tensorTypes;

/** Bytes of `elements` in a type; they fill whole blocks. */
export function typeBytes(type: TensorType, elements: number): number {
  const { blockElements, blockBytes } = tensorTypes[type];
  return (elements / blockElements) * blockBytes;
}

/** One piece of a tensor's elements, from the checkpoint's type to that of the file. */
export function convertChunk(source: Uint8Array, from: SourceType, to: TensorType, into: Uint8Array, scratch: Float32Array): void {
  if (from === to && from !== 'BF16') into.set(source);
  else tensorTypes[to].encode(widen(source, from, scratch), into.subarray(0, typeBytes(to, source.length / sourceBytes[from])));
}
