import { LlmiError } from '@llmi/core';
import { f32, log32, sqrt32 } from './maths/float32.js';
import { interpolateAt, linspace, roundHalfEven } from './maths/numpy.js';
import { spreadSigmas, type SigmaSpreadOptions } from './maths/sigma-spacing.js';
import { shiftSigma } from './maths/time-shift.js';
import type { TrainingNoise } from './training-noise.js';

export interface LogSnrPlanOptions extends SigmaSpreadOptions {
  num_train_timesteps: number;
  use_flow_sigmas: boolean;
  use_lu_lambdas?: boolean;
}

/** Timesteps of a run, as the model gets them, and its sigmas without the one to stop at. */
export interface LogSnrPlan {
  timesteps: number[];
  sigmas: number[];
  /** True where the sigmas come from the options and not from the timesteps. */
  isSpread: boolean;
}

/** How the timesteps that belong to spread sigmas are rounded: to whole ones, or cut off as torch casts them. */
interface Rounding {
  karras?: (timestep: number) => number;
}

/**
 * The sigmas of DPM-Solver's family for `timesteps` that are already spaced, spread over the whole training noise where the options want.
 * Lu: Lu et al. 2022, https://arxiv.org/abs/2206.00927, even steps in lambda. Flow: shifted sigmas of a flow model.
 */
export function planLogSnr(options: LogSnrPlanOptions, training: TrainingNoise, timesteps: number[], flowShift: number, { karras = roundHalfEven }: Rounding = {}): LogSnrPlan {
  const steps = timesteps.length;
  const [smallest, largest] = [training.sigmas[0]!, training.sigmas[training.sigmas.length - 1]!];
  const lookUp = (sigmas: number[], round: (timestep: number) => number): LogSnrPlan => ({
    sigmas,
    timesteps: sigmas.map((sigma) => Math.trunc(round(training.timestepOf(sigma)))),
    isSpread: true,
  });
  if (options.use_lu_lambdas && !options.use_karras_sigmas) {
    const lambdas = training.logSigmas;
    return lookUp(linspace(0, 1, steps).map((ramp) => Math.exp(lambdas[lambdas.length - 1]! + ramp * (lambdas[0]! - lambdas[lambdas.length - 1]!))), karras);
  }
  const spread = spreadSigmas(options, largest, smallest, steps);
  if (spread) return lookUp(spread, options.use_karras_sigmas ? karras : Math.trunc);
  if (options.use_flow_sigmas) {
    const sigmas = linspace(1, 1 / options.num_train_timesteps, steps + 1)
      .map((alpha) => shiftSigma(1 - alpha, flowShift))
      .reverse()
      .slice(0, -1);
    return { sigmas, timesteps: sigmas.map((sigma) => Math.trunc(sigma * options.num_train_timesteps)), isSpread: true };
  }
  return { sigmas: timesteps.map((timestep) => interpolateAt(timestep, training.sigmas)), timesteps, isSpread: false };
}

/** One more than the noisiest timestep to step through: those with lambda below `lambda_min_clipped` are left out. */
export function lastTimestep({ num_train_timesteps, lambda_min_clipped }: { num_train_timesteps: number; lambda_min_clipped: number }, training: TrainingNoise): number {
  const clipped = training.alphasCumprod.filter((alpha) => f32(log32(sqrt32(alpha)) - log32(sqrt32(f32(1 - alpha)))) < lambda_min_clipped);
  return num_train_timesteps - clipped.length;
}

/** The shift of flow sigmas: by `mu` where the caller gives one. */
export function flowShiftOf({ flow_shift, use_dynamic_shifting, time_shift_type }: { flow_shift: number; use_dynamic_shifting: boolean; time_shift_type: string }, mu?: number): number {
  if (mu === undefined) return flow_shift;
  if (use_dynamic_shifting && time_shift_type === 'exponential') return Math.exp(mu);
  throw new LlmiError('INPUT_UNSUPPORTED', { message: 'This scheduler takes mu only with use_dynamic_shifting and time_shift_type "exponential".', hint: 'Leave mu out.', param: 'mu' });
}
