import { fromHalf } from './half.js';

/** Element types of a checkpoint that are converted. */
export type SourceType = 'F32' | 'F16' | 'BF16';

/** Bytes of one element. */
export const sourceBytes: Record<SourceType, number> = { F32: 4, F16: 2, BF16: 2 };

/** The elements of `source` as floats; F32 is looked at in place when it is aligned. */
export function widen(source: Uint8Array, type: SourceType, into: Float32Array): Float32Array {
  const count = source.length / sourceBytes[type];
  if (type === 'F32') return new Float32Array(source.buffer, source.byteOffset, count);
  const halves = new Uint16Array(source.buffer, source.byteOffset, count);
  if (type === 'F16') {
    for (let index = 0; index < count; index++) into[index] = fromHalf(halves[index]!);
  } else {
    const bits = new Uint32Array(into.buffer, into.byteOffset, count);
    for (let index = 0; index < count; index++) bits[index] = halves[index]! << 16;
  }
  return into.subarray(0, count);
}
