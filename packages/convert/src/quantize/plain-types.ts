import { halfBits } from './half.js';

/** Floats to half precision, nearest, ties to even. */
export function toF16(floats: Float32Array, into: Uint8Array): void {
  const bits = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  const halves = new Uint16Array(into.buffer, into.byteOffset, floats.length);
  for (let index = 0; index < bits.length; index++) halves[index] = halfBits(bits[index]!);
}

/**
 * Floats to bfloat16, nearest, ties to even; a NaN is made quiet.
 *
 * Source: BF16.quantize_blocks of gguf-py/gguf/quants.py in llama.cpp
 */
export function toBF16(floats: Float32Array, into: Uint8Array): void {
  const bits = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  const halves = new Uint16Array(into.buffer, into.byteOffset, floats.length);
  for (let index = 0; index < bits.length; index++) {
    let value = bits[index]!;
    if ((value & 0x7fffffff) > 0x7f800000) value = ((value & 0xffff0000) | 0x400000) >>> 0;
    halves[index] = (value + 0x7fff + ((value >>> 16) & 1)) >>> 16;
  }
}

/** Floats as they are. */
export function toF32(floats: Float32Array, into: Uint8Array): void {
  new Float32Array(into.buffer, into.byteOffset, floats.length).set(floats);
}
