import { kernels } from './kernels.js';

/**
 * How the original is made of output and sample: output x factor + sample / divisor; an infinite divisor leaves the sample out.
 * Where sigma is large the original almost cancels in a move, so these two keep diffusers' order of operations.
 */
export interface OriginalFormula {
  factor: number;
  divisor: number;
}

/** d sample / d sigma. Source: Karras et al. 2022, equation 3 with sigma(t) = t and s(t) = 1, https://arxiv.org/abs/2206.00364 */
export function sigmaDerivative({ factor, divisor }: OriginalFormula, sigma: number, sample: Float32Array, output: Float32Array): Float32Array {
  if (divisor === 1) return kernels.plainDerivative([factor, sigma], sample, output);
  return kernels.derivative([factor, divisor, sigma], sample, output);
}

/** The sample after an Euler step of `distance` in sigma. */
export function sigmaMove({ factor, divisor }: OriginalFormula, sigma: number, distance: number, sample: Float32Array, output: Float32Array): Float32Array {
  if (divisor === 1) return kernels.plainMove([factor, sigma, distance], sample, output);
  return kernels.move([factor, divisor, sigma, distance], sample, output);
}
