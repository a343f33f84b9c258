import { LlmiError } from '@llmi/core';
import { arange, linspace, roundHalfEven } from './numpy.js';

export type TimestepSpacing = 'linspace' | 'leading' | 'trailing';

export interface SpacingOptions {
  num_train_timesteps: number;
  timestep_spacing: TimestepSpacing;
  steps_offset: number;
}

/**
 * Timesteps of `steps` steps, from noise to picture. Source of the three: Lin et al. 2023, table 2, https://arxiv.org/abs/2305.08891
 * `round` false keeps the fractions of "linspace".
 */
export function spaceTimesteps({ num_train_timesteps: count, timestep_spacing, steps_offset }: SpacingOptions, steps: number, { round = true } = {}): number[] {
  switch (timestep_spacing) {
    case 'linspace': {
      const timesteps = linspace(0, count - 1, steps).reverse();
      return round ? timesteps.map(roundHalfEven) : timesteps;
    }
    case 'leading':
      return leading(Math.floor(count / steps), steps, steps_offset);
    case 'trailing':
      return trailing(count, count / steps);
  }
}

/**
 * Timesteps for solvers that step to one more, unlisted end: `steps` of `steps + 1` points over the training steps below `last`.
 * `last` is less than `num_train_timesteps` where the noisiest steps are clipped off.
 */
export function spaceTimestepsWithEnd({ num_train_timesteps, timestep_spacing, steps_offset }: SpacingOptions, steps: number, last: number): number[] {
  switch (timestep_spacing) {
    case 'linspace':
      return linspace(0, last - 1, steps + 1).map(roundHalfEven).reverse().slice(0, -1);
    case 'leading':
      return leading(Math.floor(last / (steps + 1)), steps + 1, steps_offset).slice(0, -1);
    case 'trailing':
      return trailing(last, num_train_timesteps / steps);
  }
}

function leading(ratio: number, count: number, offset: number): number[] {
  return Array.from({ length: count }, (_, index) => (count - 1 - index) * ratio + offset);
}

function trailing(last: number, ratio: number): number[] {
  return arange(last, 0, -ratio).map((timestep) => roundHalfEven(timestep) - 1);
}

/** Custom timesteps have to go down and to be among those of the training. */
export function requireDescending(timesteps: readonly number[], count: number): void {
  const rising = timesteps.findIndex((timestep, index) => index > 0 && timestep >= timesteps[index - 1]!);
  if (rising === -1 && timesteps[0]! < count) return;
  throw new LlmiError('INPUT_INVALID', {
    message: rising === -1 ? `The first timestep is ${timesteps[0]}, but the training had ${count}.` : `Timestep ${rising} is not below the one before it.`,
    hint: `Give timesteps that go down from at most ${count - 1}.`,
    param: 'timesteps',
  });
}
