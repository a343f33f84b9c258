import { f32 } from './maths/float32.js';
import { interpolateAt } from './maths/numpy.js';
import { spreadSigmas, type SigmaSpreadOptions } from './maths/sigma-spacing.js';
import { spaceTimesteps, type SpacingOptions } from './maths/timestep-spacing.js';
import { refuseCustom } from './refuse-custom.js';
import type { TrainingNoise } from './training-noise.js';

/** What a run is planned with: how timesteps are rounded, and the caller's own ones. */
interface PlanOptions {
  round?: (value: number) => number;
  custom?: readonly number[];
}

/** Sigmas of the timesteps of a run, or spread as the options want and the timesteps looked up; the sigma to stop at is not among them. */
export function planSigmas(options: SpacingOptions & SigmaSpreadOptions, training: TrainingNoise, steps: number, { round = f32, custom }: PlanOptions = {}) {
  const timesteps = (custom ?? spaceTimesteps(options, steps, { round: false })).map(round);
  const spaced = timesteps.map((timestep) => interpolateAt(timestep, training.sigmas));
  const spread = spreadSigmas(options, spaced[0]!, spaced[spaced.length - 1]!, timesteps.length);
  if (spread && custom) refuseCustom('timesteps', 'the configuration spreads the sigmas');
  return spread ? { sigmas: spread, timesteps: spread.map((sigma) => training.timestepOf(sigma)), isSpread: true } : { sigmas: spaced, timesteps, isSpread: false };
}

/** The values each but the first twice: both evaluations of a step have the same. */
export function doubleAfterFirst(values: readonly number[]): number[] {
  return values.flatMap((value, index) => (index === 0 ? [value] : [value, value]));
}
