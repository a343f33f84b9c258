import { f32, sqrt32 } from './maths/float32.js';
import { weightedSum } from './maths/weighted-sum.js';
import type { StepOptions } from './scheduler.js';

/** Most that one step may raise sigma by. */
const largestGamma = Math.SQRT2 - 1;

/** A sigma raised by churn, and the sample with the noise that it needs for that. */
export interface Churned {
  sigmaHat: number;
  sample: Float32Array;
}

/**
 * Raises sigma by the share of `s_churn` that one of `steps` steps has, between `s_tmin` and `s_tmax`.
 * Source: Karras et al. 2022, algorithm 2, lines 4 to 6, https://arxiv.org/abs/2206.00364
 */
export function churn(sample: Float32Array, sigma: number, steps: number, { s_churn = 0, s_tmin = 0, s_tmax = Infinity, s_noise = 1 }: StepOptions, draw: () => Float32Array): Churned {
  const gamma = s_tmin <= sigma && sigma <= s_tmax ? Math.min(s_churn / steps, largestGamma) : 0;
  if (!(gamma > 0)) return { sigmaHat: sigma, sample };
  const sigmaHat = f32(sigma * f32(gamma + 1));
  const added = s_noise * sqrt32(f32(f32(sigmaHat * sigmaHat) - f32(sigma * sigma)));
  return { sigmaHat, sample: weightedSum([1, sample], [added, draw()]) };
}
