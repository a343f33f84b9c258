const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Bits of a number in IEEE 754 half precision, rounded to the nearest, half to even. */
export function floatToHalf(value: number): number {
  float[0] = value;
  const sign = (bits[0]! >>> 16) & 0x8000;
  const magnitude = bits[0]! & 0x7fffffff;
  if (magnitude >= 0x7f800001) return sign | 0x7e00; // not a number
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // beyond 65504: infinite
  if (magnitude < 0x38800000) return sign | roundEven(Math.abs(value) * 2 ** 24); // below 2^-14: fixed point
  const rebased = magnitude - 0x38000000; // exponent bias 127 to 15
  return sign | ((rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13);
}

function roundEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
