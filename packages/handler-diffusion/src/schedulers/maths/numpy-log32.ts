import { f32 } from './float32.js';

/** Numerator and denominator of log(1 + x), highest power first. Source: numpy v2.4.6, numpy/_core/src/umath/loops_exponent_log.dispatch.c.src, simd_log_FLOAT. */
const numerator = [0.025899791179079226, 0.3808837741388408, 1.4800006335765066, 2.112677543073053, 0.9999999999999999, 0].map(f32);
const denominator = [0.005875095403124574, 0.15464763749839067, 0.9864942958519419, 2.453006071784736, 2.6126775430731093, 1].map(f32);

const horner = (coefficients: readonly number[], x: number) => coefficients.reduce((sum, coefficient) => f32(sum * x + coefficient), 0);

/**
 * numpy.log of a float32 as its vector code computes it, not always the float32 nearest to the logarithm. diffusers takes logarithms
 * of sigmas with numpy, and DEIS subtracts products of them.
 */
export function numpyLog32(value: number): number {
  if (!(value > 0) || value === Infinity) return Math.log(value);
  let exponent = Math.floor(Math.log2(value));
  if (2 ** exponent > value) exponent--;
  let mantissa = value / 2 ** exponent;
  if (mantissa > f32(Math.SQRT2)) [mantissa, exponent] = [mantissa / 2, exponent + 1];
  const x = f32(mantissa - 1);
  return f32(exponent * f32(Math.LN2) + f32(horner(numerator, x) / horner(denominator, x)));
}
