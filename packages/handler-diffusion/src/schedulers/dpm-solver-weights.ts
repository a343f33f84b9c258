import type { Level } from './log-snr-scheduler.js';
import { exp32, f32, sqrt32 } from './maths/float32.js';
import type { Term } from './maths/weighted-sum.js';

export type DpmAlgorithm = 'dpmsolver' | 'dpmsolver++' | 'sde-dpmsolver' | 'sde-dpmsolver++';
export type DpmSolverType = 'midpoint' | 'heun';

/** What the algorithms with `++` integrate is the predicted original, what the others do the predicted noise. */
export const predictsOriginal = (algorithm: DpmAlgorithm) => algorithm.endsWith('++');
export const isStochastic = (algorithm: DpmAlgorithm) => algorithm.startsWith('sde');

/** Weights of a step: of the sample it starts from, of the prediction and its first two derivatives in lambda, and of fresh noise. */
interface DpmWeights {
  sample: number;
  value: number;
  /** First derivative, taken at the middle of the step. */
  midpoint: number;
  /** First derivative, integrated with its exponential weight. */
  slope: number;
  curvature: number;
  noise: number;
}

/**
 * The exact integrals of the diffusion ODE or SDE over a step in lambda, all in float32 as diffusers computes them.
 * Source: Lu et al. 2022, https://arxiv.org/abs/2206.00927 (dpmsolver, appendix B) and https://arxiv.org/abs/2211.01095 (the ++ forms, appendix A).
 */
export function dpmSolverWeights(algorithm: DpmAlgorithm, from: Level, to: Level): DpmWeights {
  const h = f32(to.lambda - from.lambda);
  switch (algorithm) {
    case 'dpmsolver++': {
      const decay = f32(exp32(-h) - 1);
      const slope = f32(to.alpha * f32(f32(decay / h) + 1));
      const curvature = -f32(to.alpha * f32(f32(f32(decay + h) / f32(h * h)) - 0.5));
      const value = -f32(to.alpha * decay);
      return { sample: f32(to.sigma / from.sigma), value, midpoint: f32(0.5 * value), slope, curvature, noise: 0 };
    }
    case 'dpmsolver': {
      const growth = f32(exp32(h) - 1);
      const slope = -f32(to.sigma * f32(f32(growth / h) - 1));
      const curvature = -f32(to.sigma * f32(f32(f32(growth - h) / f32(h * h)) - 0.5));
      const value = -f32(to.sigma * growth);
      return { sample: f32(to.alpha / from.alpha), value, midpoint: f32(0.5 * value), slope, curvature, noise: 0 };
    }
    case 'sde-dpmsolver++': {
      const twice = f32(2 * h);
      const loss = f32(1 - exp32(-twice));
      const slope = f32(to.alpha * f32(f32(loss / -twice) + 1));
      const curvature = f32(to.alpha * f32(f32(f32(loss - twice) / f32(twice * twice)) - 0.5));
      const value = f32(to.alpha * loss);
      return { sample: f32(f32(to.sigma / from.sigma) * exp32(-h)), value, midpoint: f32(0.5 * value), slope, curvature, noise: f32(to.sigma * sqrt32(loss)) };
    }
    case 'sde-dpmsolver': {
      const growth = f32(exp32(h) - 1);
      const slope = -f32(2 * f32(to.sigma * f32(f32(growth / h) - 1)));
      const value = -f32(2 * f32(to.sigma * growth));
      const noise = f32(to.sigma * sqrt32(f32(exp32(f32(2 * h)) - 1)));
      return { sample: f32(to.alpha / from.alpha), value, midpoint: f32(0.5 * value), slope, curvature: NaN, noise };
    }
  }
}

/** Terms of the multistep methods from the newest predictions m0, m1, m2 and the lambdas they were made at, newest first. */
export function multistepTerms(weights: DpmWeights, solver: DpmSolverType, h: number, lambdas: readonly number[], predictions: readonly Float32Array[]): Term[] {
  const [m0, m1, m2] = predictions as [Float32Array, Float32Array?, Float32Array?];
  if (!m1) return [[weights.value, m0]];
  const r0 = f32(f32(lambdas[0]! - lambdas[1]!) / h);
  if (!m2) {
    const first = (solver === 'midpoint' ? weights.midpoint : weights.slope) * f32(1 / r0);
    return [[weights.value + first, m0], [-first, m1]];
  }
  const r1 = f32(f32(lambdas[1]! - lambdas[2]!) / h);
  const sum = f32(r0 + r1);
  // d0 = (m0 - m1) / r0 and d1 = (m1 - m2) / r1; the slope is d0 + r0 / (r0 + r1) (d0 - d1), the curvature (d0 - d1) / (r0 + r1).
  const [inverse0, inverse1] = [f32(1 / r0), f32(1 / r1)];
  const both = weights.slope * f32(r0 / sum) + weights.curvature * f32(1 / sum);
  const [weight0, weight1] = [(weights.slope + both) * inverse0, -both * inverse1];
  return [[weights.value + weight0, m0], [weight1 - weight0, m1], [-weight1, m2]];
}
