const floatScratch = new Float32Array(1);
const bitsScratch = new Uint32Array(floatScratch.buffer);

/** The bits of the half-precision number nearest to a float given by its bits, ties to even. NaN stays NaN. */
export function halfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x47800000) return magnitude > 0x7f800000 ? sign | 0x7e00 : sign | 0x7c00; // 65,536 and above, infinity, NaN
  if (magnitude >= 0x38800000) return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  // Subnormal halves: adding 0.5 makes the float's own rounding drop the bits that a half has no room for.
  bitsScratch[0] = magnitude;
  floatScratch[0] = floatScratch[0]! + 0.5;
  return sign | (bitsScratch[0]! - 0x3f000000);
}

/** The bits of the half-precision number nearest to `value`. */
export function toHalf(value: number): number {
  floatScratch[0] = value;
  return halfBits(bitsScratch[0]!);
}

/** Bits of the float that each of the 65,536 halves stands for. */
const floatOfHalf = makeTable();

function makeTable(): Float32Array {
  const table = new Float32Array(65_536);
  for (let half = 0; half < 65_536; half++) {
    const exponent = (half >>> 10) & 31;
    const fraction = half & 1023;
    const magnitude = exponent === 0 ? fraction * 2 ** -24 : exponent === 31 ? (fraction === 0 ? Infinity : NaN) : (1 + fraction / 1024) * 2 ** (exponent - 15);
    table[half] = half & 0x8000 ? -magnitude : magnitude;
  }
  return table;
}

/** The number that the bits of a half stand for. */
export function fromHalf(half: number): number {
  return floatOfHalf[half]!;
}
