import { z } from 'zod';
import type { BaseConfig } from './base-scheduler.js';
import { epsilonOrVelocity, finalSigmaOptions, predictionOptions, trainStepOptions } from './config.js';
import { exp32, f32, linspace32, log32, sqrt32 } from './maths/float32.js';
import type { OriginalFormula } from './maths/sigma-moves.js';
import { weightedSum } from './maths/weighted-sum.js';
import { SigmaScheduler } from './sigma-scheduler.js';

export const edmOptions = {
  ...trainStepOptions,
  ...predictionOptions(epsilonOrVelocity),
  ...finalSigmaOptions,
  sigma_min: z.number().default(0.002),
  sigma_max: z.number().default(80),
  sigma_data: z.number().default(0.5),
  sigma_schedule: z.enum(['karras', 'exponential']).default('karras'),
  rho: z.number().default(7),
};

export type EdmConfig = BaseConfig & z.infer<z.ZodObject<typeof edmOptions>>;

/** Schedulers of models with the preconditioning of Karras et al. 2022, table 1, https://arxiv.org/abs/2206.00364 */
export abstract class EdmScheduler<Config extends EdmConfig> extends SigmaScheduler<Config> {
  override get initNoiseSigma(): number {
    return (this.options.sigma_max ** 2 + 1) ** 0.5;
  }

  /** What the model takes for a timestep. */
  protected noiseCondition(sigma: number): number {
    return f32(0.25 * log32(sigma));
  }

  override scaleModelInput(sample: Float32Array, index: number): Float32Array {
    const sigma = this.sigmas[this.stepIndex(index)]!;
    return weightedSum([f32(1 / sqrt32(f32(f32(sigma * sigma) + f32(this.options.sigma_data ** 2)))), sample]);
  }

  /** How the original is predicted from the preconditioned output. */
  protected originalFormula(sigma: number): OriginalFormula {
    const { sigma_data, prediction_type } = this.options;
    const dataVariance = f32(sigma_data ** 2);
    const variance = f32(f32(sigma * sigma) + dataVariance);
    const out = f32(f32(sigma * f32(sigma_data)) / sqrt32(variance));
    return { factor: prediction_type === 'epsilon' ? out : -out, divisor: f32(variance / dataVariance) };
  }

  /** Sigmas at positions 0 (noise) to 1; `round` is the number type of the positions. */
  protected spread(positions: readonly number[], round: (value: number) => number): number[] {
    const { sigma_min, sigma_max, sigma_schedule, rho } = this.options;
    if (sigma_schedule === 'exponential') return Array.from(linspace32(Math.log(sigma_min), Math.log(sigma_max), positions.length), exp32).reverse();
    const [low, high] = [sigma_min ** (1 / rho), sigma_max ** (1 / rho)];
    return positions.map((position) => f32(round(round(round(high) + round(position * round(low - high))) ** rho)));
  }
}
