import { writeHalf } from './block-32.js';
import { fromHalf, toHalf } from './half.js';
import { makeScaleSearch, type ScaleSearch } from './scale-search.js';
import { makeSignedSearch, tiny, type SignedFits } from './signed-search.js';

const { fround } = Math;
const blockSize = 256;
const numbers = new Uint8Array(blockSize);
const scales = new Float32Array(16);
const minimums = new Float32Array(8);

/** Adding and taking away 1.5 x 2^23 leaves a float rounded to an integer, ties to even. Source: nearest_int of ggml/src/ggml-quants.c */
const nearestInteger = (value: number) => fround(value + 12_582_912) - 12_582_912;

/** The nearest integer from -32 to 31. */
const signedNumber = (value: number) => Math.max(-32, Math.min(31, nearestInteger(value)));

let searchFour: ScaleSearch | undefined; // for numbers of four bits, made on first use, as the others
let searchFive: ScaleSearch | undefined;
let searchSix: ReturnType<typeof makeSignedSearch> | undefined;

/**
 * Q4_K: two half scales, eight scales and minimums of six bits, 256 numbers of four bits (144 bytes).
 *
 * Source: quantize_row_q4_K_ref of ggml/src/ggml-quants.c, https://github.com/ggml-org/ggml
 */
export function toQ4_K(floats: Float32Array, into: Uint8Array): void {
  searchFour ??= makeScaleSearch(15, -1, 20);
  for (let start = 0, at = 0; start < floats.length; start += blockSize, at += 144) {
    fitGroups(floats, start, into, at, 15, searchFour);
    for (let half = 0; half < 4; half++) {
      for (let index = 0; index < 32; index++) {
        into[at + 16 + 32 * half + index] = numbers[64 * half + index]! | (numbers[64 * half + 32 + index]! << 4);
      }
    }
  }
}

/**
 * Q5_K: as Q4_K with a fifth bit per number, in 32 bytes before the others (176 bytes).
 *
 * Source: quantize_row_q5_K_ref, as above
 */
export function toQ5_K(floats: Float32Array, into: Uint8Array): void {
  searchFive ??= makeScaleSearch(31, -0.5, 15);
  for (let start = 0, at = 0; start < floats.length; start += blockSize, at += 176) {
    fitGroups(floats, start, into, at, 31, searchFive);
    into.fill(0, at + 16, at + 48);
    for (let half = 0; half < 4; half++) {
      for (let index = 0; index < 32; index++) {
        const low = numbers[64 * half + index]!;
        const high = numbers[64 * half + 32 + index]!;
        into[at + 16 + index]! |= ((low >> 4) << (2 * half)) | ((high >> 4) << (2 * half + 1));
        into[at + 48 + 32 * half + index] = (low & 15) | ((high & 15) << 4);
      }
    }
  }
}

/** Scales, minimums (written) and numbers (left in `numbers`) of one block of eight groups. */
function fitGroups(floats: Float32Array, start: number, into: Uint8Array, at: number, levels: number, search: ScaleSearch): void {
  let [largestScale, largestMinimum] = [0, 0];
  for (let first = 0; first < 8; first += 4) {
    const found = search(floats, start + 32 * first);
    for (let lane = 0; lane < 4; lane++) {
      const group = first + lane;
      scales[group] = found.scales[lane]!;
      minimums[group] = found.minimums[lane]!;
      if (scales[group]! > largestScale) largestScale = scales[group]!;
      if (minimums[group]! > largestMinimum) largestMinimum = minimums[group]!;
      for (let index = 0; index < 32; index++) numbers[32 * group + index] = found.numbers[4 * index + lane]!;
    }
  }
  const inverseScale = largestScale > 0 ? fround(63 / largestScale) : 0;
  const inverseMinimum = largestMinimum > 0 ? fround(63 / largestMinimum) : 0;
  const blockScale = fround(largestScale / 63);
  const blockMinimum = fround(largestMinimum / 63);
  writeHalf(into, at, blockScale);
  writeHalf(into, at + 2, blockMinimum);
  for (let group = 0; group < 8; group++) {
    const scale = Math.min(63, nearestInteger(fround(inverseScale * scales[group]!)) & 255);
    const minimum = Math.min(63, nearestInteger(fround(inverseMinimum * minimums[group]!)) & 255);
    packSixBits(into, at + 4, group, scale, minimum);
    const step = fround(fromHalf(toHalf(blockScale)) * scale);
    if (step === 0) continue; // a group too small for the block's scale keeps the numbers of the search
    const shift = fround(fromHalf(toHalf(blockMinimum)) * minimum);
    for (let index = 32 * group; index < 32 * group + 32; index++) {
      numbers[index] = Math.max(0, Math.min(levels, nearestInteger(fround(fround(floats[start + index]! + shift) / step))));
    }
  }
}

/** Scales and minimums of six bits in twelve bytes: the first four of each whole, the others' upper bits on top of them. */
function packSixBits(into: Uint8Array, at: number, group: number, scale: number, minimum: number): void {
  if (group < 4) {
    into[at + group] = scale;
    into[at + group + 4] = minimum;
    return;
  }
  into[at + group + 4] = (scale & 15) | ((minimum & 15) << 4);
  into[at + group - 4]! |= (scale >> 4) << 6;
  into[at + group]! |= (minimum >> 4) << 6;
}

/**
 * Q6_K: 256 numbers of six bits, sixteen signed scales of a byte and a half scale (210 bytes).
 *
 * Source: quantize_row_q6_K_ref, as above
 */
export function toQ6_K(floats: Float32Array, into: Uint8Array): void {
  searchSix ??= makeSignedSearch();
  for (let start = 0, at = 0; start < floats.length; start += blockSize, at += 210) {
    let [largest, signed] = [0, 0];
    for (let group = 0; group < 16; group++) {
      if (group % 4 === 0) fillSigned(floats, start, group, searchSix(floats, start + 16 * group));
      const scale = scales[group]!;
      if (Math.abs(scale) > largest) [largest, signed] = [Math.abs(scale), scale];
    }
    if (largest < tiny) {
      into.fill(0, at, at + 210);
      continue;
    }
    const inverse = fround(-128 / signed);
    const blockScale = fround(1 / inverse);
    writeHalf(into, at + 208, blockScale);
    const rounded = fromHalf(toHalf(blockScale));
    for (let group = 0; group < 16; group++) {
      const scale = Math.min(127, nearestInteger(fround(inverse * scales[group]!)));
      into[at + 192 + group] = scale;
      const step = fround(rounded * scale);
      for (let index = 16 * group; step !== 0 && index < 16 * group + 16; index++) numbers[index] = 32 + signedNumber(fround(floats[start + index]! / step));
    }
    packQ6(into, at);
  }
}

/** Scales of four groups from `first` on, and the numbers of the search, 32 higher; a group of zeros has zeros. */
function fillSigned(floats: Float32Array, start: number, first: number, found: SignedFits): void {
  for (let lane = 0; lane < 4; lane++) {
    const inverse = found.inverses[lane]!;
    scales[first + lane] = found.scales[lane]!;
    for (let index = 16 * (first + lane); index < 16 * (first + lane) + 16; index++) numbers[index] = inverse === 0 ? 0 : 32 + signedNumber(fround(inverse * floats[start + index]!));
  }
}

function packQ6(into: Uint8Array, at: number): void {
  for (let half = 0; half < 2; half++) {
    const [first, low, high] = [128 * half, at + 64 * half, at + 128 + 32 * half];
    for (let index = 0; index < 32; index++) {
      const one = numbers[first + index]!;
      const two = numbers[first + 32 + index]!;
      const three = numbers[first + 64 + index]!;
      const four = numbers[first + 96 + index]!;
      into[low + index] = (one & 15) | ((three & 15) << 4);
      into[low + 32 + index] = (two & 15) | ((four & 15) << 4);
      into[high + index] = (one >> 4) | ((two >> 4) << 2) | ((three >> 4) << 4) | ((four >> 4) << 6);
    }
  }
}
