import { z } from 'zod';
import type { Schedule } from './base-scheduler.js';
import { churn } from './churn.js';
import { betaOptions, finalSigmaOptions, oneSpread, sigmaSpreadOptions, spacingOptions, zeroSnrOptions } from './config.js';
import { defineScheduler } from './define-scheduler.js';
import { exp32, f32, linspace32, log32 } from './maths/float32.js';
import { interpolateAt } from './maths/numpy.js';
import { sigmaMove } from './maths/sigma-moves.js';
import { sigmaToTimestep, spreadSigmas } from './maths/sigma-spacing.js';
import { spaceTimesteps } from './maths/timestep-spacing.js';
import { refuseCustom } from './refuse-custom.js';
import type { StepOptions, TimestepOptions } from './scheduler.js';
import { DiscreteSigmaScheduler, originalFormula } from './sigma-scheduler.js';

const configSchema = oneSpread(
  z.object({
    ...betaOptions(),
    ...spacingOptions('linspace'),
    ...sigmaSpreadOptions,
    ...zeroSnrOptions,
    ...finalSigmaOptions,
    prediction_type: z.enum(['epsilon', 'sample', 'original_sample', 'v_prediction']).default('epsilon'),
    interpolation_type: z.enum(['linear', 'log_linear']).default('linear'),
    timestep_type: z.enum(['discrete', 'continuous']).default('discrete'),
    sigma_min: z.number().optional(),
    sigma_max: z.number().optional(),
  }),
);

/**
 * Euler's method on the probability flow, with churn: noise added before the step where `s_churn` asks for it.
 * Source: Karras et al. 2022, algorithm 2, https://arxiv.org/abs/2206.00364. Reference: diffusers EulerDiscreteScheduler.
 */
class EulerDiscreteScheduler extends DiscreteSigmaScheduler<z.infer<typeof configSchema>> {
  protected override readonly accepts = ['timesteps', 'sigmas'] as const;

  /** The model takes log(sigma) / 4 for a timestep (stable video diffusion). */
  private get isContinuous(): boolean {
    return this.options.timestep_type === 'continuous' && this.options.prediction_type === 'v_prediction';
  }

  protected plan(steps: number, { timesteps, sigmas }: TimestepOptions): Schedule {
    if (timesteps && (sigmas || this.isContinuous)) refuseCustom('timesteps', sigmas ? 'sigmas are given' : 'timestep_type is "continuous"');
    const schedule = sigmas ? this.planSigmas(sigmas.map(f32)) : this.planSteps(timesteps?.length ?? steps, timesteps?.map(f32));
    const continuous = schedule.sigmas.slice(0, -1).map((sigma) => f32(0.25 * log32(sigma)));
    return { sigmas: schedule.sigmas, timesteps: this.isContinuous ? continuous : schedule.timesteps.map(f32) };
  }

  /** `sigmas` end with the one to stop at. */
  private planSigmas(sigmas: number[]): Required<Schedule> {
    return { sigmas, timesteps: sigmas.slice(0, -1).map((sigma) => sigmaToTimestep(sigma, this.training.logSigmas, f32)) };
  }

  private planSteps(steps: number, custom?: number[]): Required<Schedule> {
    const timesteps = custom ?? spaceTimesteps(this.options, steps, { round: false }).map(f32);
    const spaced = this.spaceSigmas(timesteps);
    const { sigma_max = spaced[0]!, sigma_min = spaced[spaced.length - 1]! } = this.options;
    const spread = spreadSigmas(this.options, sigma_max, sigma_min, steps);
    if (spread && custom) refuseCustom('timesteps', 'the configuration spreads the sigmas');
    const last = this.options.final_sigmas_type === 'zero' ? 0 : this.training.sigmas[0]!;
    return {
      sigmas: [...(spread ?? spaced), last].map(f32),
      timesteps: spread ? spread.map((sigma) => this.training.timestepOf(sigma)) : timesteps,
    };
  }

  private spaceSigmas(timesteps: number[]): number[] {
    const { sigmas } = this.training;
    if (this.options.interpolation_type === 'linear') return timesteps.map((timestep) => interpolateAt(timestep, sigmas));
    return Array.from(linspace32(log32(sigmas[sigmas.length - 1]!), log32(sigmas[0]!), timesteps.length + 1), exp32);
  }

  protected advance(output: Float32Array, stepIndex: number, sample: Float32Array, options: StepOptions): Float32Array {
    const sigma = this.sigmas[stepIndex]!;
    const { sigmaHat, sample: churned } = churn(sample, sigma, this.sigmas.length - 1, options, () => this.draw(options.noise));
    const { prediction_type } = this.options;
    // Velocity is taken at the sigma before the churn, as in diffusers.
    const original = originalFormula(prediction_type === 'original_sample' ? 'sample' : prediction_type, prediction_type === 'v_prediction' ? sigma : sigmaHat);
    return sigmaMove(original, sigmaHat, f32(this.sigmas[stepIndex + 1]! - sigmaHat), churned, output);
  }
}

export const eulerDiscrete = defineScheduler('EulerDiscreteScheduler', configSchema, (name, config) => new EulerDiscreteScheduler(name, config));
