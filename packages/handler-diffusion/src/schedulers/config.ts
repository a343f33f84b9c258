import { z } from 'zod';
import type { BetaSchedule } from './maths/betas.js';

/** Parts of scheduler_config.json that several schedulers have, with diffusers' names and defaults. Keys that a scheduler does not read are dropped. */

const trainSteps = z.int().min(1).max(100_000).default(1000);
const betaSchedules = ['linear', 'scaled_linear', 'squaredcos_cap_v2'] as const satisfies BetaSchedule[];

interface BetaDefaults {
  start?: number;
  end?: number;
  schedule?: (typeof betaSchedules)[number];
  more?: readonly BetaSchedule[];
}

/** The noise of the training, step by step. */
export function betaOptions({ start = 0.0001, end = 0.02, schedule = 'linear', more = [] }: BetaDefaults = {}) {
  return {
    num_train_timesteps: trainSteps,
    beta_start: z.number().default(start),
    beta_end: z.number().default(end),
    beta_schedule: z.enum([...betaSchedules, ...more]).default(schedule),
    trained_betas: z.array(z.number()).min(1).optional(),
  };
}

/** The betas that Stable Diffusion was trained with, the default of some schedulers. */
export const stableDiffusionBetas = { start: 0.00085, end: 0.012 } as const;

export const trainStepOptions = { num_train_timesteps: trainSteps };

export function spacingOptions(spacing: 'linspace' | 'leading' | 'trailing') {
  return {
    timestep_spacing: z.enum(['linspace', 'leading', 'trailing']).default(spacing),
    steps_offset: z.int().default(0),
  };
}

export const sigmaSpreadOptions = {
  use_karras_sigmas: z.boolean().default(false),
  use_exponential_sigmas: z.boolean().default(false),
  use_beta_sigmas: z.boolean().default(false),
};

export const thresholdOptions = {
  thresholding: z.boolean().default(false),
  dynamic_thresholding_ratio: z.number().min(0).max(1).default(0.995),
  sample_max_value: z.number().default(1),
};

export function clipOptions(clip: boolean) {
  return { clip_sample: z.boolean().default(clip), clip_sample_range: z.number().default(1) };
}

export const zeroSnrOptions = { rescale_betas_zero_snr: z.boolean().default(false) };
export const finalSigmaOptions = { final_sigmas_type: z.enum(['zero', 'sigma_min']).default('zero') };

/** Sigmas of a flow model instead of a diffusion model, for the solvers that can do both. */
export const flowSigmaOptions = {
  use_flow_sigmas: z.boolean().default(false),
  flow_shift: z.number().default(1),
  use_dynamic_shifting: z.boolean().default(false),
  time_shift_type: z.enum(['exponential', 'linear']).default('exponential'),
};

/** Noisiest log-SNR to step through; files hold a bare -Infinity, which zod's number() does not take. */
export const lambdaMinOptions = { lambda_min_clipped: z.custom<number>((value) => typeof value === 'number' && !Number.isNaN(value), 'must be a number').default(-Infinity) };

export const learnedVarianceOptions = { variance_type: z.string().optional() };

export const epsilonOrVelocity = ['epsilon', 'v_prediction'] as const;
export const classicPredictions = ['epsilon', 'sample', 'v_prediction'] as const;
export const allPredictions = ['epsilon', 'sample', 'v_prediction', 'flow_prediction'] as const;

export function predictionOptions<const Types extends readonly [string, ...string[]]>(types: Types) {
  return { prediction_type: z.enum(types).default('epsilon' as Types[number]) };
}

/** Karras, exponential and beta sigmas exclude each other. */
export function oneSpread<Config extends { use_karras_sigmas: boolean; use_exponential_sigmas: boolean; use_beta_sigmas: boolean }>(schema: z.ZodType<Config>) {
  return schema.refine((config) => Number(config.use_karras_sigmas) + Number(config.use_exponential_sigmas) + Number(config.use_beta_sigmas) <= 1, {
    message: 'only one of use_karras_sigmas, use_exponential_sigmas and use_beta_sigmas can be true',
  });
}
