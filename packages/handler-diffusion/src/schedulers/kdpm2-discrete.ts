import { z } from 'zod';
import type { Schedule } from './base-scheduler.js';
import { betaOptions, epsilonOrVelocity, oneSpread, predictionOptions, sigmaSpreadOptions, spacingOptions, stableDiffusionBetas } from './config.js';
import { defineScheduler } from './define-scheduler.js';
import { exp32, f32, log32 } from './maths/float32.js';
import { roundHalfEven } from './maths/numpy.js';
import { sigmaDerivative, sigmaMove } from './maths/sigma-moves.js';
import { sigmaToTimestep } from './maths/sigma-spacing.js';
import { weightedSum } from './maths/weighted-sum.js';
import { doubleAfterFirst, planSigmas } from './plan-sigmas.js';
import type { StepOptions } from './scheduler.js';
import { DiscreteSigmaScheduler, originalFormula } from './sigma-scheduler.js';

export const kdpm2Schema = oneSpread(
  z.object({ ...betaOptions(stableDiffusionBetas), ...spacingOptions('linspace'), ...sigmaSpreadOptions, ...predictionOptions(epsilonOrVelocity) }),
);

/** The sigma halfway between two, in their logarithm; 0 where one of them is 0. */
export function middleSigma(from: number, to: number): number {
  return from === 0 || to === 0 ? 0 : exp32(f32(log32(from) - f32(f32(log32(from) - log32(to)) * 0.5)));
}

/** Steps of the second order with the model run at their start and at a sigma between. */
export abstract class MidpointScheduler extends DiscreteSigmaScheduler<z.infer<typeof kdpm2Schema>> {
  override readonly order = 2;
  /** The sigma between, of every step. */
  protected middles: number[] = [];
  /** What the step under way started from. */
  private started: Float32Array | undefined;

  /** The sigma between two others, the second 0 at the last step. */
  protected abstract between(from: number, to: number): number;
  protected abstract finish(from: number, to: number, start: Float32Array, derivative: Float32Array, options: StepOptions): Float32Array;

  protected plan(steps: number): Schedule {
    const planned = planSigmas(this.options, this.training, steps);
    const timesteps = this.options.use_karras_sigmas ? planned.timesteps.map(roundHalfEven) : planned.timesteps;
    const sigmas = [...planned.sigmas.map(f32), 0];
    this.middles = timesteps.map((_, step) => this.between(sigmas[step]!, sigmas[step + 1]!));
    const between = this.middles.map((sigma) => sigmaToTimestep(sigma, this.training.logSigmas, f32)).map(f32);
    return {
      timesteps: timesteps.flatMap((timestep, step) => (step === 0 ? [timestep] : [between[step - 1]!, timestep])),
      sigmas: [...doubleAfterFirst(sigmas), 0],
    };
  }

  protected override reset(): void {
    super.reset();
    this.started = undefined;
  }

  protected override inputSigma(stepIndex: number): number {
    return stepIndex % 2 === 0 ? this.sigmas[stepIndex]! : this.middles[stepIndex >> 1]!;
  }

  protected advance(output: Float32Array, stepIndex: number, sample: Float32Array, options: StepOptions): Float32Array {
    const step = stepIndex >> 1;
    const [from, middle] = [this.sigmas[2 * step]!, this.middles[step]!];
    const { started } = this;
    const sigma = started ? middle : from;
    const original = originalFormula(this.options.prediction_type, sigma);
    if (!started) {
      this.started = sample;
      return sigmaMove(original, from, f32(middle - from), sample, output);
    }
    this.started = undefined;
    return this.finish(from, this.sigmas[2 * step + 1]!, started, sigmaDerivative(original, middle, sample, output), options);
  }
}

/**
 * DPM-Solver-2 in the form of k-diffusion.
 * Source: Karras et al. 2022, https://arxiv.org/abs/2206.00364, and k-diffusion, sample_dpm_2. Reference: diffusers KDPM2DiscreteScheduler.
 */
class Kdpm2DiscreteScheduler extends MidpointScheduler {
  protected between(from: number, to: number): number {
    return middleSigma(from, to);
  }

  protected finish(from: number, to: number, start: Float32Array, derivative: Float32Array): Float32Array {
    return weightedSum([1, start], [f32(to - from), derivative]);
  }
}

export const kdpm2Discrete = defineScheduler('KDPM2DiscreteScheduler', kdpm2Schema, (name, config) => new Kdpm2DiscreteScheduler(name, config));
