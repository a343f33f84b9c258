import { toHalf } from './half.js';

const { fround } = Math;
const blockSize = 32;

/**
 * Q8_0: a half scale and 32 signed bytes per block.
 *
 * Source: quantize_row_q8_0_ref of ggml/src/ggml-quants.c, https://github.com/ggml-org/ggml
 */
export function toQ8_0(floats: Float32Array, into: Uint8Array): void {
  // Signs and magnitudes are taken from the bits: a branch on a sign is guessed wrong half of the time.
  const bits = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  for (let start = 0, at = 0; start < floats.length; start += blockSize) {
    let largestBits = 0;
    for (let index = start; index < start + blockSize; index++) largestBits = Math.max(largestBits, bits[index]! & 0x7fffffff);
    magnitudeBits[0] = largestBits;
    const scale = fround(magnitude[0]! / 127);
    const inverse = scale === 0 ? 0 : fround(1 / scale);
    at = writeHalf(into, at, scale);
    // Halves round away from zero.
    for (let index = start; index < start + blockSize; index++) into[at++] = (fround(floats[index]! * inverse) + signedHalf[bits[index]! >>> 31]!) | 0;
  }
}

const magnitude = new Float32Array(1);
const magnitudeBits = new Uint32Array(magnitude.buffer);
const signedHalf = Float64Array.of(0.5, -0.5);

/**
 * Q4_0: a half scale and 32 numbers of four bits, the first half of the block in the low bits.
 *
 * Source: quantize_row_q4_0_ref, as above
 */
export function toQ4_0(floats: Float32Array, into: Uint8Array): void {
  for (let start = 0, at = 0; start < floats.length; start += blockSize) {
    const scale = fround(signedLargest(floats, start) / -8);
    const inverse = scale === 0 ? 0 : fround(1 / scale);
    at = writeHalf(into, at, scale);
    for (let index = 0; index < 16; index++) {
      const low = Math.min(15, fround(fround(floats[start + index]! * inverse) + 8.5) | 0);
      const high = Math.min(15, fround(fround(floats[start + 16 + index]! * inverse) + 8.5) | 0);
      into[at++] = low | (high << 4);
    }
  }
}

/**
 * Q5_0: as Q4_0 with a fifth bit per number, those of a block together in four bytes.
 *
 * Source: quantize_row_q5_0_ref, as above
 */
export function toQ5_0(floats: Float32Array, into: Uint8Array): void {
  for (let start = 0, at = 0; start < floats.length; start += blockSize) {
    const scale = fround(signedLargest(floats, start) / -16);
    const inverse = scale === 0 ? 0 : fround(1 / scale);
    at = writeHalf(into, at, scale);
    at = writeFiveBits(into, at, (index) => Math.min(31, fround(fround(floats[start + index]! * inverse) + 16.5) | 0));
  }
}

/**
 * Q5_1: a half scale, a half minimum and 32 numbers of five bits.
 *
 * Source: quantize_row_q5_1_ref, as above
 */
export function toQ5_1(floats: Float32Array, into: Uint8Array): void {
  for (let start = 0, at = 0; start < floats.length; start += blockSize) {
    let [smallest, largest] = [floats[start]!, floats[start]!];
    for (let index = 1; index < blockSize; index++) {
      const value = floats[start + index]!;
      if (value < smallest) smallest = value;
      if (value > largest) largest = value;
    }
    const scale = fround(fround(largest - smallest) / 31);
    const inverse = scale === 0 ? 0 : fround(1 / scale);
    at = writeHalf(into, at, scale);
    at = writeHalf(into, at, smallest);
    at = writeFiveBits(into, at, (index) => fround(fround(fround(floats[start + index]! - smallest) * inverse) + 0.5) & 255);
  }
}

/** The value of largest magnitude in a block, with its sign; the first of equals. */
function signedLargest(floats: Float32Array, start: number): number {
  let [largest, signed] = [0, 0];
  for (let index = start; index < start + blockSize; index++) {
    const value = floats[index]!;
    if (Math.abs(value) > largest) [largest, signed] = [Math.abs(value), value];
  }
  return signed;
}

function writeFiveBits(into: Uint8Array, at: number, number: (index: number) => number): number {
  let fifthBits = 0;
  for (let index = 0; index < 16; index++) {
    const low = number(index);
    const high = number(index + 16);
    into[at + 4 + index] = (low & 15) | ((high & 15) << 4);
    fifthBits |= (((low & 16) >> 4) << index) | (((high & 16) >> 4) << (index + 16));
  }
  for (let byte = 0; byte < 4; byte++) into[at + byte] = fifthBits >>> (8 * byte);
  return at + 20;
}

/** Writes the half nearest to `value`, little-endian. @returns where it ends */
export function writeHalf(into: Uint8Array, at: number, value: number): number {
  const half = toHalf(value);
  into[at] = half & 255;
  into[at + 1] = half >>> 8;
  return at + 2;
}
