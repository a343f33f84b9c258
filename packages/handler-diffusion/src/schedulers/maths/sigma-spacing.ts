import { betaQuantile } from './beta-quantile.js';
import { f32 } from './float32.js';
import { numpyLog32 } from './numpy-log32.js';
import { linspace } from './numpy.js';

/** How sigmas are spread between the largest and the smallest; none: as the timesteps are. */
export interface SigmaSpreadOptions {
  use_karras_sigmas: boolean;
  use_exponential_sigmas: boolean;
  use_beta_sigmas: boolean;
}

/** Power of the schedule of Karras et al.: 7 puts many steps where sigma is small. */
const karrasRho = 7;

/** Sigmas from `largest` to `smallest`. Source: Karras et al. 2022, equation 5, https://arxiv.org/abs/2206.00364 */
export function karrasSigmas(largest: number, smallest: number, count: number, rho = karrasRho): number[] {
  const [low, high] = [smallest ** (1 / rho), largest ** (1 / rho)];
  return linspace(0, 1, count).map((ramp) => (high + ramp * (low - high)) ** rho);
}

/** Sigmas evenly spread in their logarithm. */
export function exponentialSigmas(largest: number, smallest: number, count: number): number[] {
  return linspace(Math.log(largest), Math.log(smallest), count).map(Math.exp);
}

/** Sigmas spread by the quantiles of Beta(0.6, 0.6): dense at both ends. Source: Lee et al. 2024, https://arxiv.org/abs/2407.12173 */
export function betaSigmas(largest: number, smallest: number, count: number): number[] {
  return linspace(0, 1, count).map((ramp) => smallest + betaQuantile(1 - ramp, 0.6) * (largest - smallest));
}

/** The sigmas that the options ask for between two ends, or undefined where they ask for none. */
export function spreadSigmas(options: SigmaSpreadOptions, largest: number, smallest: number, count: number): number[] | undefined {
  if (options.use_karras_sigmas) return karrasSigmas(largest, smallest, count);
  if (options.use_exponential_sigmas) return exponentialSigmas(largest, smallest, count);
  if (options.use_beta_sigmas) return betaSigmas(largest, smallest, count);
  return undefined;
}

/** log(sigma) of every training step. */
export function logSigmas(sigmas: Float32Array): Float32Array {
  return sigmas.map(numpyLog32);
}

/**
 * The timestep, with fraction, at which the training had this sigma: linear in the logarithm.
 * `round` is how diffusers' number type rounds there: float32 for a sigma that it holds as float32, nothing for a double.
 */
export function sigmaToTimestep(sigma: number, logs: Float32Array, round: (value: number) => number = (value) => value): number {
  const log = round(Math.log(Math.max(sigma, 1e-10)));
  let below = 0;
  let low = 0;
  let most = 0;
  // The first index where the count of training sigmas up to this one is largest: logs need not be sorted.
  for (let index = 0; index < logs.length; index++) {
    if (log >= logs[index]!) below++;
    if (below > most) [most, low] = [below, index];
  }
  low = Math.min(low, logs.length - 2);
  const [left, right] = [logs[low]!, logs[low + 1]!];
  const weight = Math.min(Math.max(round(round(left - log) / f32(left - right)), 0), 1);
  return round(1 - weight) * low + weight * (low + 1);
}
