const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Bits of float32 numbers in IEEE 754 half precision, rounded to the nearest, half to even. */
export function toHalf(values: ArrayLike<number>, into: Uint16Array = new Uint16Array(values.length)): Uint16Array {
  for (let index = 0; index < values.length; index++) into[index] = halfOf(values[index]!);
  return into;
}

function halfOf(value: number): number {
  float[0] = value;
  const sign = (bits[0]! >>> 16) & 0x8000;
  const magnitude = bits[0]! & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // not a number
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // beyond 65504: infinite
  if (magnitude < 0x38800000) {
    // Below 2^-14 the numbers are multiples of 2^-24; adding 0.5 leaves them, rounded, in the last bits of the fraction.
    float[0] = Math.abs(value) + 0.5;
    return sign | (bits[0]! - 0x3f000000);
  }
  const rebased = magnitude - 0x38000000; // exponent bias 127 to 15
  return sign | ((rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13);
}

let table: Float32Array | undefined;

/** Every half-precision number by its bits: 1 sign bit, 5 exponent bits (bias 15), 10 fraction bits. */
function allHalves(): Float32Array {
  return (table ??= Float32Array.from({ length: 65_536 }, (_, half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }));
}

/** float32 numbers of half-precision bits. */
export function fromHalf(halves: Uint16Array): Float32Array {
  const numbers = allHalves();
  const result = new Float32Array(halves.length);
  for (let index = 0; index < halves.length; index++) result[index] = numbers[halves[index]!]!;
  return result;
}
