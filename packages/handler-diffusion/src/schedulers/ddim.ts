import { z } from 'zod';
import { AlphaScheduler } from './alpha-scheduler.js';
import type { Schedule } from './base-scheduler.js';
import { betaOptions, classicPredictions, clipOptions, predictionOptions, spacingOptions, thresholdOptions, zeroSnrOptions } from './config.js';
import { defineScheduler } from './define-scheduler.js';
import { f32, sqrt32 } from './maths/float32.js';
import { recycle } from './maths/simd.js';
import { spaceTimesteps } from './maths/timestep-spacing.js';
import { weightedSum, type Term } from './maths/weighted-sum.js';
import { boundOriginal, noiseTerms, predictOriginal } from './predictions.js';
import type { StepOptions } from './scheduler.js';

const configSchema = z.object({
  ...betaOptions(),
  ...clipOptions(true),
  ...spacingOptions('leading'),
  ...predictionOptions(classicPredictions),
  ...thresholdOptions,
  ...zeroSnrOptions,
  set_alpha_to_one: z.boolean().default(true),
});

/**
 * Denoising diffusion implicit models: from the predicted original straight to an earlier timestep, with as much fresh noise as `eta` says.
 * Source: Song et al. 2020, equation 12, https://arxiv.org/abs/2010.02502. Reference: diffusers DDIMScheduler.
 */
class DdimScheduler extends AlphaScheduler<z.infer<typeof configSchema>> {
  private stepSize = 1;

  protected plan(steps: number): Schedule {
    this.stepSize = Math.floor(this.options.num_train_timesteps / steps);
    return { timesteps: spaceTimesteps(this.options, steps) };
  }

  protected advance(output: Float32Array, stepIndex: number, sample: Float32Array, { eta = 0, use_clipped_model_output, variance_noise, noise, batchSize }: StepOptions): Float32Array {
    const timestep = this.allTimesteps[stepIndex]!;
    const previous = timestep - this.stepSize;
    const alpha = this.alphaAt(timestep);
    const finalAlpha = this.options.set_alpha_to_one ? 1 : this.alphaAt(0);
    const alphaPrevious = previous >= 0 ? this.alphaAt(previous) : finalAlpha;
    const [signal, spread] = [sqrt32(alpha), sqrt32(f32(1 - alpha))];

    const variance = f32(f32(f32(1 - alphaPrevious) / f32(1 - alpha)) * f32(1 - f32(alpha / alphaPrevious)));
    const deviation = eta === 0 ? 0 : f32(f32(eta) * sqrt32(variance));
    const direction = sqrt32(f32(f32(1 - alphaPrevious) - f32(deviation * deviation)));
    const fresh: Term[] = eta > 0 ? [[deviation, variance_noise ?? this.draw(noise)]] : [];

    const { prediction_type } = this.options;
    const original = boundOriginal(predictOriginal(prediction_type, signal, spread, sample, output), this.options, batchSize);
    const toPrevious = sqrt32(alphaPrevious);
    const previousSample = use_clipped_model_output
      ? weightedSum([toPrevious - (direction * signal) / spread, original], [direction / spread, sample], ...fresh)
      : weightedSum([toPrevious, original], ...noiseTerms(prediction_type, signal, spread, direction, sample, output), ...fresh);
    if (original !== output) recycle(original);
    return previousSample;
  }
}

export const ddim = defineScheduler('DDIMScheduler', configSchema, (name, config) => new DdimScheduler(name, config));
