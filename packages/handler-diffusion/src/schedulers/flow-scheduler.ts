import { LlmiError } from '@llmi/core';
import { z } from 'zod';
import { BaseScheduler, type BaseConfig, type Schedule } from './base-scheduler.js';
import { sigmaSpreadOptions, trainStepOptions } from './config.js';
import { f32 } from './maths/float32.js';
import { linspace } from './maths/numpy.js';
import { spreadSigmas } from './maths/sigma-spacing.js';
import { shiftSigma, shiftSigmaByMu, stretchToTerminal } from './maths/time-shift.js';
import { weightedSum } from './maths/weighted-sum.js';
import type { TimestepOptions } from './scheduler.js';

/** Schedulers of flow models: the sample is (1 - sigma) x original + sigma x noise. */
export abstract class FlowScheduler<Config extends BaseConfig & { shift: number }> extends BaseScheduler<Config> {
  /** Image-to-image of flow models keeps the fraction of the steps that are left out, and cuts it off at the end. */
  protected override skippedSteps(steps: number, strength: number): number {
    return Math.trunc(steps - Math.min(steps * strength, steps));
  }

  /** Even timesteps, from the noisiest of the training to the first, as they are after the shift. */
  protected evenSigmas(steps: number, { isShifted }: { isShifted: boolean }): number[] {
    const { num_train_timesteps: count, shift } = this.options;
    const trained = (timestep: number) => (isShifted ? shiftSigma(f32(timestep / count), shift, f32) : f32(timestep / count));
    return linspace(trained(count) * count, trained(1) * count, steps).map((timestep) => timestep / count);
  }

  addNoise(original: Float32Array, noise: Float32Array, timestep: number): Float32Array {
    const sigma = this.sigmas[this.indexOf(timestep)]!;
    return weightedSum([sigma, noise], [f32(1 - sigma), original]);
  }
}

export const flowMatchOptions = {
  ...trainStepOptions,
  ...sigmaSpreadOptions,
  shift: z.number().default(1),
  use_dynamic_shifting: z.boolean().default(false),
  base_shift: z.number().default(0.5),
  max_shift: z.number().default(1.15),
  base_image_seq_len: z.number().default(256),
  max_image_seq_len: z.number().default(4096),
  invert_sigmas: z.boolean().default(false),
  shift_terminal: z.number().optional(),
  time_shift_type: z.enum(['exponential', 'linear']).default('exponential'),
};

export type FlowMatchConfig = z.infer<z.ZodObject<typeof flowMatchOptions>>;

/** Flow schedulers whose sigmas are shifted, stretched and spread as the configuration says. */
export abstract class FlowMatchScheduler<Config extends FlowMatchConfig> extends FlowScheduler<Config> {
  protected override readonly accepts = ['mu', 'sigmas', 'timesteps'] as const;

  protected plan(steps: number, { mu, sigmas: custom, timesteps: customTimesteps }: TimestepOptions): Schedule {
    const { num_train_timesteps: count, use_dynamic_shifting, invert_sigmas } = this.options;
    if (use_dynamic_shifting && mu === undefined) {
      throw new LlmiError('INPUT_INVALID', { message: 'This scheduler shifts its sigmas by the size of the picture.', hint: 'Pass mu to setTimesteps.', param: 'mu' });
    }
    if (custom && customTimesteps && custom.length !== customTimesteps.length) {
      throw new LlmiError('INPUT_INVALID', { message: `There are ${custom.length} sigmas for ${customTimesteps.length} timesteps.`, param: 'timesteps' });
    }
    // Sigmas that the caller gives, or that are made of timesteps that the caller gives, are float32 in diffusers, the others double.
    const round = custom || customTimesteps ? f32 : (value: number) => value;
    const given = custom?.map(f32) ?? customTimesteps?.map((timestep) => f32(f32(timestep) / count));
    const raw = given ?? this.evenSigmas(steps, { isShifted: !use_dynamic_shifting });
    const sigmas = this.shape(raw, mu, round).map(f32).map((sigma) => (invert_sigmas ? f32(1 - sigma) : sigma));
    const ownTimesteps = invert_sigmas ? undefined : customTimesteps?.map(f32);
    return { timesteps: ownTimesteps ?? sigmas.map((sigma) => f32(sigma * count)), sigmas: [...sigmas, invert_sigmas ? 1 : 0] };
  }

  private shape(sigmas: readonly number[], mu: number | undefined, round: (value: number) => number): number[] {
    const { use_dynamic_shifting, time_shift_type, shift, shift_terminal } = this.options;
    const shifted = sigmas.map((sigma) => (use_dynamic_shifting ? shiftSigmaByMu(sigma, mu!, time_shift_type, round) : shiftSigma(sigma, shift, round)));
    const stretched = shift_terminal ? stretchToTerminal(shifted, shift_terminal, round) : shifted;
    return spreadSigmas(this.options, stretched[0]!, stretched[stretched.length - 1]!, stretched.length) ?? stretched;
  }
}

