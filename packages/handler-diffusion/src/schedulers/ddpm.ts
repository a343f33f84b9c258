import { LlmiError } from '@llmi/core';
import { z } from 'zod';
import { AlphaScheduler } from './alpha-scheduler.js';
import type { Schedule } from './base-scheduler.js';
import { betaOptions, classicPredictions, clipOptions, predictionOptions, spacingOptions, thresholdOptions, zeroSnrOptions } from './config.js';
import { defineScheduler } from './define-scheduler.js';
import { splitLearnedVariance } from './learned-variance.js';
import { exp32, f32, log32, sqrt32 } from './maths/float32.js';
import { requireDescending, spaceTimesteps } from './maths/timestep-spacing.js';
import { weightedSum } from './maths/weighted-sum.js';
import { boundOriginal, predictOriginal } from './predictions.js';
import type { StepOptions, TimestepOptions } from './scheduler.js';

const configSchema = z.object({
  ...betaOptions({ more: ['laplace', 'sigmoid'] }),
  ...clipOptions(true),
  ...spacingOptions('leading'),
  ...predictionOptions(classicPredictions),
  ...thresholdOptions,
  ...zeroSnrOptions,
  variance_type: z.enum(['fixed_small', 'fixed_small_log', 'fixed_large', 'fixed_large_log', 'learned', 'learned_range']).default('fixed_small'),
});

/** Variances are kept above this, for their logarithm. */
const smallestVariance = 1e-20;

/**
 * Denoising diffusion probabilistic models: every step is a draw from the posterior of the step before.
 * Source: Ho et al. 2020, equations 6 and 7, https://arxiv.org/abs/2006.11239. Reference: diffusers DDPMScheduler.
 */
class DdpmScheduler extends AlphaScheduler<z.infer<typeof configSchema>> {
  protected override readonly accepts = ['timesteps'] as const;

  protected override get learnsVariance(): boolean {
    return this.options.variance_type.startsWith('learned');
  }

  protected plan(steps: number, { timesteps }: TimestepOptions): Schedule {
    if (!timesteps) return { timesteps: spaceTimesteps(this.options, steps) };
    requireDescending(timesteps, this.options.num_train_timesteps);
    return { timesteps: timesteps.map(Math.trunc) };
  }

  protected advance(modelOutput: Float32Array, stepIndex: number, sample: Float32Array, { noise, batchSize }: StepOptions): Float32Array {
    const timestep = this.allTimesteps[stepIndex]!;
    const next = this.allTimesteps[stepIndex + 1];
    const alpha = this.alphaAt(timestep);
    const alphaPrevious = next === undefined ? 1 : this.alphaAt(next);
    const [beta, betaPrevious] = [f32(1 - alpha), f32(1 - alphaPrevious)];
    const currentAlpha = f32(alpha / alphaPrevious);
    const currentBeta = f32(1 - currentAlpha);

    const { prediction, variance } = splitLearnedVariance(modelOutput, sample.length, batchSize);
    const original = boundOriginal(predictOriginal(this.options.prediction_type, sqrt32(alpha), sqrt32(beta), sample, prediction), this.options, batchSize);
    const originalWeight = f32(f32(sqrt32(alphaPrevious) * currentBeta) / beta);
    const sampleWeight = f32(f32(sqrt32(currentAlpha) * betaPrevious) / beta);
    if (timestep === 0) return weightedSum([originalWeight, original], [sampleWeight, sample]);

    const fresh = this.draw(noise);
    const small = Math.max(f32(f32(betaPrevious / beta) * currentBeta), smallestVariance);
    if (!variance) return weightedSum([originalWeight, original], [sampleWeight, sample], [this.deviation(small, currentBeta), fresh]);
    const deviations = this.learnedDeviations(variance, small, currentBeta);
    return weightedSum([originalWeight, original], [sampleWeight, sample], [1, fresh.map((value, index) => value * deviations[index]!)]);
  }

  /** What the noise is multiplied by, from the smaller and the larger of the two variances that fit. */
  private deviation(small: number, large: number): number {
    switch (this.options.variance_type) {
      case 'fixed_small_log':
        return exp32(f32(0.5 * log32(small)));
      case 'fixed_large':
        return sqrt32(large);
      case 'fixed_large_log':
        return sqrt32(log32(large)); // as in diffusers: the logarithm of a variance below 1 has no root
      case 'fixed_small':
        return sqrt32(small);
      case 'learned':
      case 'learned_range':
        throw new LlmiError('INPUT_INVALID', { message: 'The model learned the variance, and its output holds none.', hint: 'Pass the whole output, of twice the channels.', param: 'modelOutput' });
    }
  }

  private learnedDeviations(variance: Float32Array, small: number, large: number): Float32Array {
    if (this.options.variance_type !== 'learned_range') return variance.map(sqrt32);
    const [low, high] = [log32(small), log32(large)];
    return variance.map((value) => {
      const share = (value + 1) / 2;
      return Math.exp(0.5 * (share * high + (1 - share) * low));
    });
  }
}

export const ddpm = defineScheduler('DDPMScheduler', configSchema, (name, config) => new DdpmScheduler(name, config));
