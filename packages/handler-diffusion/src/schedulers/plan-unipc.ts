import { LlmiError } from '@llmi/core';
import type { Schedule } from './base-scheduler.js';
import { f32 } from './maths/float32.js';
import { interpolateAt, linspace, roundHalfEven } from './maths/numpy.js';
import { spreadSigmas, type SigmaSpreadOptions } from './maths/sigma-spacing.js';
import { shiftSigma, shiftSigmaByMu, stretchToTerminal } from './maths/time-shift.js';
import { spaceTimestepsWithEnd, type SpacingOptions } from './maths/timestep-spacing.js';
import { refuseCustom } from './refuse-custom.js';
import type { TimestepOptions } from './scheduler.js';
import type { TrainingNoise } from './training-noise.js';

interface UniPcPlanOptions extends SpacingOptions, SigmaSpreadOptions {
  use_flow_sigmas: boolean;
  use_dynamic_shifting: boolean;
  time_shift_type: 'exponential' | 'linear';
  flow_shift: number;
  shift_terminal?: number;
  final_sigmas_type: 'zero' | 'sigma_min';
  sigma_min?: number;
  sigma_max?: number;
}

/** Distance kept from sigma 1, where log(alpha) has no value. */
const flowEpsilon = 1e-6;

/** Timesteps and sigmas of UniPC, whose flow sigmas differ from those of the other solvers of its kin. */
export function planUniPc(options: UniPcPlanOptions, training: TrainingNoise, steps: number, { mu, sigmas: custom }: TimestepOptions): Schedule {
  const { num_train_timesteps: count, use_flow_sigmas, final_sigmas_type } = options;
  if (options.use_dynamic_shifting && mu === undefined) {
    throw new LlmiError('INPUT_INVALID', { message: 'This scheduler shifts its sigmas by the size of the picture.', hint: 'Pass mu to setTimesteps.', param: 'mu' });
  }
  const end = (timesteps: number[], sigmas: number[], smallest = sigmas[sigmas.length - 1]!): Schedule => ({
    timesteps: timesteps.map(Math.trunc),
    sigmas: [...sigmas, final_sigmas_type === 'zero' ? 0 : smallest].map(f32),
  });
  const { sigma_max = training.sigmas[training.sigmas.length - 1]!, sigma_min = training.sigmas[0]! } = options;
  const spread = spreadSigmas(options, sigma_max, sigma_min, steps);
  if (spread && custom) refuseCustom('sigmas', 'the configuration spreads them');
  if (spread && use_flow_sigmas && options.use_karras_sigmas) {
    const sigmas = spread.map((sigma) => sigma / (sigma + 1));
    return end(sigmas.map((sigma) => sigma * count), sigmas);
  }
  if (spread) return end(spread.map((sigma) => training.timestepOf(sigma)).map(options.use_karras_sigmas ? roundHalfEven : Math.trunc), spread);
  if (use_flow_sigmas) {
    const sigmas = flowSigmas(options, custom ?? linspace(1, 1 / count, steps + 1).slice(0, -1), mu);
    return end(sigmas.map((sigma) => sigma * count), sigmas);
  }
  const timesteps = spaceTimestepsWithEnd(options, steps, count);
  return end(timesteps, timesteps.map((timestep) => interpolateAt(timestep, training.sigmas)), training.sigmas[0]!);
}

function flowSigmas(options: UniPcPlanOptions, sigmas: readonly number[], mu: number | undefined): number[] {
  const shifted = sigmas.map((sigma) => (mu !== undefined && options.use_dynamic_shifting ? shiftSigmaByMu(sigma, mu, options.time_shift_type) : shiftSigma(sigma, options.flow_shift)));
  const stretched = options.shift_terminal ? stretchToTerminal(shifted, options.shift_terminal) : shifted;
  if (Math.abs(stretched[0]! - 1) < flowEpsilon) stretched[0]! -= flowEpsilon;
  return stretched;
}
