import { compileKernels, mostOperands } from './simd.js';

/** The derivative of the sample in sigma: (x - original) / sigma, original = output x s0 + x / s1. */
const derivative = 'x0 x1 s0 * x0 s1 / + - s2 /';
/** The same where the divisor s1 is 1, as with predicted noise, without the slow division by it. */
const plainDerivative = 'x0 x1 s0 * x0 + - s1 /';

/** x0 s0 * x1 s1 * + x2 s2 * + ... of one to seven terms. */
const sums = Array.from({ length: mostOperands }, (_, last) => {
  const term = (index: number) => `x${index} s${index} *`;
  return [`sum${last + 1}`, [term(0), ...Array.from({ length: last }, (_, index) => `${term(index + 1)} +`)].join(' ')];
});

/** A sum by the number of its terms. */
export type SumName = `sum${1 | 2 | 3 | 4 | 5 | 6 | 7}`;

/** Every formula that is computed over whole samples, x0 the sample and x1 the model's output where it is not a sum. */
export const kernels = compileKernels({
  ...(Object.fromEntries(sums) as Record<SumName, string>),
  derivative,
  plainDerivative,
  /** The sample after a move by the last scalar along its derivative. */
  move: `x0 ${derivative} s3 * +`,
  plainMove: `x0 ${plainDerivative} s2 * +`,
  /** What is mixed by s1 into the sample with s0 of x1: the original from the noise, or the noise from the original. */
  unmixed: 'x0 x1 s0 * - s1 /',
});
