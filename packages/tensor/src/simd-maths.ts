/**
 * Logarithm, sine and cosine in float32 as torch computes them for normal noise: the polynomials of Cephes in the vector form of
 * avx_mathfun.h, with multiplications and additions fused as its compiler fuses them. Each differs from the exact value in the last place.
 * Source: PyTorch v2.13.0, aten/src/ATen/native/cpu/avx_mathfun.h, log256_ps and sincos256_ps.
 */
const f32 = Math.fround;
/** A product is exact in double precision, so this rounds once, as a fused multiply-add does. */
const fused = (a: number, b: number, c: number) => f32(a * b + c);

/** Horner's scheme, highest power first. */
function polynomial(coefficients: readonly number[], x: number): number {
  let sum = coefficients[0]!;
  for (let index = 1; index < coefficients.length; index++) sum = fused(sum, x, coefficients[index]!);
  return sum;
}

const logCoefficients = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
].map(f32);
const cosineCoefficients = [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2].map(f32);
const sineCoefficients = [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1].map(f32);
/** ln 2 in two parts, the larger one with few enough bits for exact products. */
const [ln2High, ln2Low] = [0.693359375, f32(-2.1219444e-4)];
/** A quarter of pi in three parts. */
const [quarterPi1, quarterPi2, quarterPi3] = [-0.78515625, -2.4187564849853516e-4, f32(-3.774894977445941e-8)];
const overQuarterPi = f32(4 / Math.PI);
const rootHalf = f32(Math.SQRT1_2);

const bits = new Int32Array(1);
const float = new Float32Array(bits.buffer);
const mantissaBits = 23;
const exponentMask = 0xff << mantissaBits;
/** Exponent bits of numbers in [0.5, 1). */
const halfExponent = 126;

/** log(x) of a positive float32. */
export function log32(value: number): number {
  float[0] = value;
  let exponent = ((bits[0]! & exponentMask) >>> mantissaBits) - halfExponent;
  bits[0] = (bits[0]! & ~exponentMask) | (halfExponent << mantissaBits);
  let x = float[0]!; // in [0.5, 1), then around 0
  if (x < rootHalf) {
    exponent--;
    x = f32(f32(x - 1) + x);
  } else x = f32(x - 1);
  const square = f32(x * x);
  const cubic = f32(polynomial(logCoefficients, x) * x);
  const correction = f32(fused(cubic, square, f32(exponent * ln2Low)) - square * 0.5);
  return fused(exponent, ln2High, f32(x + correction));
}

/** [sin(x), cos(x)] of a float32 from 0 to a few turns. */
export function sineAndCosine32(angle: number): [sine: number, cosine: number] {
  const octant = (Math.trunc(f32(angle * overQuarterPi)) + 1) & ~1;
  const x = fused(octant, quarterPi3, fused(octant, quarterPi2, fused(octant, quarterPi1, angle)));
  const square = f32(x * x);
  const even = f32(polynomial(cosineCoefficients, square) * square);
  const cosine = f32(fused(even, square, -(square * 0.5)) + 1);
  const sine = fused(f32(polynomial(sineCoefficients, square) * square), x, x);
  const [first, second] = octant & 2 ? [cosine, sine] : [sine, cosine];
  return [octant & 4 ? -first : first, (octant - 2) & 4 ? second : -second];
}
