import { LlmiError } from '@llmi/core';
import { z } from 'zod';
import { AlphaScheduler } from './alpha-scheduler.js';
import type { Schedule } from './base-scheduler.js';
import { betaOptions, classicPredictions, clipOptions, predictionOptions, spacingOptions, stableDiffusionBetas, thresholdOptions, zeroSnrOptions } from './config.js';
import { linspace } from './maths/numpy.js';
import { requireDescending } from './maths/timestep-spacing.js';
import type { TimestepOptions } from './scheduler.js';

export const consistencySchema = z.object({
  ...betaOptions({ ...stableDiffusionBetas, schedule: 'scaled_linear' }),
  ...clipOptions(false),
  ...spacingOptions('leading'),
  ...predictionOptions(classicPredictions),
  ...thresholdOptions,
  ...zeroSnrOptions,
  original_inference_steps: z.int().min(1).default(50),
  set_alpha_to_one: z.boolean().default(true),
  timestep_scaling: z.number().default(10),
});

/** Schedulers of distilled models, whose timesteps are some of those that the distillation used. */
export abstract class ConsistencyScheduler extends AlphaScheduler<z.infer<typeof consistencySchema>> {
  protected override readonly accepts = ['timesteps', 'original_inference_steps'] as const;
  /** Steps that the run was planned with; fewer may be run of own timesteps. */
  protected plannedSteps = 0;

  /** TCD takes any timestep of the training where the caller names the steps of the distillation. */
  protected originTimesteps(strength: number, original: number | undefined): number[] {
    const count = original ?? this.options.original_inference_steps;
    const distance = Math.floor(this.options.num_train_timesteps / count);
    return Array.from({ length: Math.trunc(count * strength) }, (_, index) => (index + 1) * distance - 1);
  }

  protected plan(steps: number, { strength = 1, timesteps, original_inference_steps }: TimestepOptions): Schedule {
    const { num_train_timesteps } = this.options;
    const originalSteps = original_inference_steps ?? this.options.original_inference_steps;
    if (originalSteps > num_train_timesteps) {
      throw new LlmiError('INPUT_INVALID', { message: `original_inference_steps is ${originalSteps}, the training had ${num_train_timesteps}.`, param: 'original_inference_steps' });
    }
    if (timesteps) {
      requireDescending(timesteps, num_train_timesteps);
      this.plannedSteps = timesteps.length;
      return { timesteps: timesteps.slice(timesteps.length - Math.min(Math.trunc(timesteps.length * strength), timesteps.length)).map(Math.trunc) };
    }
    const origin = this.originTimesteps(strength, original_inference_steps).reverse();
    if (steps > Math.min(origin.length, originalSteps)) {
      throw new LlmiError('INPUT_INVALID', {
        message: `${steps} steps are more than the ${Math.min(origin.length, originalSteps)} of the distillation that a strength of ${strength} leaves.`,
        hint: 'Take fewer steps, or a higher strength.',
        param: 'steps',
      });
    }
    this.plannedSteps = steps;
    return { timesteps: linspace(0, origin.length, steps, { endpoint: false }).map((index) => origin[Math.floor(index)]!) };
  }

  /** Strength already shortened the list that the timesteps were taken from. */
  protected override skippedSteps(): number {
    return 0;
  }
}
