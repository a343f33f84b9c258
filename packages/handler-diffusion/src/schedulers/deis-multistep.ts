import { z } from 'zod';
import type { Schedule } from './base-scheduler.js';
import { allPredictions, betaOptions, flowSigmaOptions, oneSpread, predictionOptions, sigmaSpreadOptions, spacingOptions, thresholdOptions } from './config.js';
import { defineScheduler } from './define-scheduler.js';
import { solverOrder } from './dpm-solver-options.js';
import { fewSteps } from './dpm-solver-order.js';
import { LogSnrScheduler, type Level } from './log-snr-scheduler.js';
import { exp32, f32 } from './maths/float32.js';
import { numpyLog32 } from './maths/numpy-log32.js';
import { spaceTimestepsWithEnd } from './maths/timestep-spacing.js';
import { weightedSum } from './maths/weighted-sum.js';
import { flowShiftOf, planLogSnr } from './plan-log-snr.js';
import type { StepOptions, TimestepOptions } from './scheduler.js';

const configSchema = oneSpread(
  z.object({
    ...betaOptions(),
    ...spacingOptions('linspace'),
    ...sigmaSpreadOptions,
    ...predictionOptions(allPredictions),
    ...thresholdOptions,
    ...flowSigmaOptions,
    solver_order: solverOrder,
    // Names that other solvers' configurations bring along mean the one form there is.
    algorithm_type: z.enum(['deis', 'dpmsolver', 'dpmsolver++']).default('deis'),
    solver_type: z.enum(['logrho', 'midpoint', 'heun', 'bh1', 'bh2']).default('logrho'),
    lower_order_final: z.boolean().default(true),
  }),
);

/** Indefinite integral over rho of the line that is 1 at b and 0 at c, linear in log(rho). */
function lineIntegral(rho: number, b: number, c: number): number {
  const [logRho, logB, logC] = [numpyLog32(rho), numpyLog32(b), numpyLog32(c)];
  return f32(f32(rho * f32(f32(-logC + logRho) - 1)) / f32(logB - logC));
}

/** The same of the parabola that is 1 at b and 0 at c and d. */
function parabolaIntegral(rho: number, b: number, c: number, d: number): number {
  const [logRho, logB, logC, logD] = [numpyLog32(rho), numpyLog32(b), numpyLog32(c), numpyLog32(d)];
  let sum = f32(logC * f32(f32(logD - logRho) + 1));
  sum = f32(sum - f32(logD * logRho));
  sum = f32(f32(sum + logD) + f32(logRho * logRho));
  sum = f32(f32(sum - f32(2 * logRho)) + 2);
  return f32(f32(rho * sum) / f32(f32(logB - logC) * f32(logB - logD)));
}

/**
 * Exponential integrator over rho = sigma / alpha, with polynomials in log(rho) through the last noise predictions.
 * Source: Zhang & Chen 2022, https://arxiv.org/abs/2204.13902. Reference: diffusers DEISMultistepScheduler.
 */
class DeisMultistepScheduler extends LogSnrScheduler<z.infer<typeof configSchema>> {
  protected override readonly accepts = ['mu'] as const;
  /** Newest first. */
  private noises: Float32Array[] = [];

  protected plan(steps: number, { mu }: TimestepOptions): Schedule {
    const spaced = spaceTimestepsWithEnd(this.options, steps, this.options.num_train_timesteps);
    const { timesteps, sigmas, isSpread } = planLogSnr(this.options, this.training, spaced, flowShiftOf(this.options, mu));
    const last = isSpread ? sigmas[sigmas.length - 1]! : this.training.sigmas[0]!;
    return { timesteps, sigmas: [...sigmas, last].map(f32) };
  }

  protected override reset(): void {
    super.reset();
    this.noises = [];
  }

  protected advance(output: Float32Array, stepIndex: number, sample: Float32Array, { batchSize }: StepOptions): Float32Array {
    const noise = this.noiseBeside(this.original(output, stepIndex, sample, batchSize), stepIndex, sample);
    this.noises = this.remember(this.noises, noise, output, this.options.solver_order);
    const order = Math.min(this.noises.length, this.orderLimit(stepIndex));
    const [from, to] = [this.level(stepIndex), this.level(stepIndex + 1)];
    const weights = this.weights(order, stepIndex, from, to);
    return weightedSum([f32(to.alpha / from.alpha), sample], ...weights.map((weight, back) => [weight, this.noises[back]!] as const));
  }

  private orderLimit(stepIndex: number): number {
    const left = this.allTimesteps.length - stepIndex;
    return this.options.lower_order_final && this.allTimesteps.length < fewSteps ? left : 3;
  }

  private weights(order: number, stepIndex: number, from: Level, to: Level): number[] {
    if (order === 1) return [-f32(to.sigma * f32(exp32(f32(to.lambda - from.lambda)) - 1))];
    const rhoOf = ({ alpha, sigma }: Level) => f32(sigma / alpha);
    const [rho, ...rhos] = [rhoOf(to), ...Array.from({ length: order }, (_, back) => rhoOf(this.level(stepIndex - back)))] as [number, number, number, number];
    const between = (integral: (rho: number) => number) => to.alpha * f32(integral(rho) - integral(rhos[0]));
    if (order === 2) {
      const [a, b] = rhos;
      return [between((x) => lineIntegral(x, a, b)), between((x) => lineIntegral(x, b, a))];
    }
    const [a, b, c] = rhos;
    return [between((x) => parabolaIntegral(x, a, b, c)), between((x) => parabolaIntegral(x, b, c, a)), between((x) => parabolaIntegral(x, c, a, b))];
  }
}

export const deisMultistep = defineScheduler('DEISMultistepScheduler', configSchema, (name, config) => new DeisMultistepScheduler(name, config));
