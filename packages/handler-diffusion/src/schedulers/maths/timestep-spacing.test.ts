import { describe, expect, it } from 'vitest';
import { requireDescending, spaceTimesteps, spaceTimestepsWithEnd } from './timestep-spacing.js';

const options = { num_train_timesteps: 1000, steps_offset: 1 } as const;

describe('timesteps', () => {
  it('are spaced as Lin et al. 2023, table 2, says for 5 steps', () => {
    expect(spaceTimesteps({ ...options, timestep_spacing: 'leading' }, 5)).toEqual([801, 601, 401, 201, 1]);
    expect(spaceTimesteps({ ...options, timestep_spacing: 'linspace' }, 5)).toEqual([999, 749, 500, 250, 0]);
    expect(spaceTimesteps({ ...options, timestep_spacing: 'trailing' }, 5)).toEqual([999, 799, 599, 399, 199]);
  });

  it('leave room for the end where a solver steps to one', () => {
    expect(spaceTimestepsWithEnd({ ...options, timestep_spacing: 'linspace' }, 4, 1000)).toEqual([999, 749, 500, 250]);
    expect(spaceTimestepsWithEnd({ ...options, timestep_spacing: 'leading' }, 4, 1000)).toEqual([801, 601, 401, 201]);
    expect(spaceTimestepsWithEnd({ ...options, timestep_spacing: 'trailing' }, 4, 900)).toEqual([899, 649, 399, 149]);
  });

  it('of the caller go down from one of the training', () => {
    expect(() => requireDescending([900, 500, 20], 1000)).not.toThrow();
    expect(() => requireDescending([900, 950], 1000)).toThrow(expect.objectContaining({ code: 'INPUT_INVALID', param: 'timesteps' }));
    expect(() => requireDescending([1000, 50], 1000)).toThrow(expect.objectContaining({ code: 'INPUT_INVALID', param: 'timesteps' }));
  });
});
