import { z } from 'zod';
import type { Schedule } from './base-scheduler.js';
import {
  allPredictions, betaOptions, finalSigmaOptions, flowSigmaOptions, lambdaMinOptions, learnedVarianceOptions, oneSpread, predictionOptions, sigmaSpreadOptions,
  spacingOptions, thresholdOptions, zeroSnrOptions,
} from './config.js';
import { defineScheduler } from './define-scheduler.js';
import { dpmAlgorithm, dpmSolverType, solverOrder } from './dpm-solver-options.js';
import { multistepOrder, requireOrders } from './dpm-solver-order.js';
import { dpmSolverWeights, isStochastic, multistepTerms, predictsOriginal } from './dpm-solver-weights.js';
import { LogSnrScheduler } from './log-snr-scheduler.js';
import { f32 } from './maths/float32.js';
import { roundHalfEven } from './maths/numpy.js';
import { spaceTimestepsWithEnd } from './maths/timestep-spacing.js';
import { weightedSum } from './maths/weighted-sum.js';
import { flowShiftOf, lastTimestep, planLogSnr } from './plan-log-snr.js';
import { refuseCustom } from './refuse-custom.js';
import type { StepOptions, TimestepOptions } from './scheduler.js';

const configSchema = oneSpread(
  z.object({
    ...betaOptions(),
    ...spacingOptions('linspace'),
    ...sigmaSpreadOptions,
    ...predictionOptions(allPredictions),
    ...thresholdOptions,
    ...zeroSnrOptions,
    ...finalSigmaOptions,
    ...flowSigmaOptions,
    ...lambdaMinOptions,
    ...learnedVarianceOptions,
    solver_order: solverOrder,
    algorithm_type: dpmAlgorithm,
    solver_type: dpmSolverType,
    lower_order_final: z.boolean().default(true),
    euler_at_final: z.boolean().default(false),
    use_lu_lambdas: z.boolean().default(false),
  }),
)
  .refine(({ algorithm_type, final_sigmas_type }) => predictsOriginal(algorithm_type) || final_sigmas_type === 'sigma_min', {
    message: 'final_sigmas_type must be "sigma_min" with an algorithm_type that predicts noise',
  });

/**
 * DPM-Solver and DPM-Solver++ with the predictions of earlier steps, as ODE or SDE; "DPM++ 2M" is order 2.
 * Source: Lu et al. 2022, algorithm 2, https://arxiv.org/abs/2211.01095. Reference: diffusers DPMSolverMultistepScheduler.
 */
class DpmSolverMultistepScheduler extends LogSnrScheduler<z.infer<typeof configSchema>> {
  protected override readonly accepts = ['mu', 'timesteps'] as const;
  /** Newest first. */
  private predictions: Float32Array[] = [];

  protected plan(steps: number, { timesteps: custom, mu }: TimestepOptions): Schedule {
    const spaced = custom?.map(Math.trunc) ?? spaceTimestepsWithEnd(this.options, steps, lastTimestep(this.options, this.training));
    const karras = this.options.beta_schedule === 'squaredcos_cap_v2' ? Math.trunc : roundHalfEven;
    const { timesteps, sigmas, isSpread } = planLogSnr(this.options, this.training, spaced, flowShiftOf(this.options, mu), { karras });
    if (custom && isSpread) refuseCustom('timesteps', 'the configuration spreads the sigmas');
    requireOrders(this.options, timesteps.length, ['sde-dpmsolver']);
    const last = this.options.final_sigmas_type === 'zero' ? 0 : this.training.sigmas[0]!;
    return { timesteps, sigmas: [...sigmas, last].map(f32) };
  }

  protected override reset(): void {
    super.reset();
    this.predictions = [];
  }

  protected advance(output: Float32Array, stepIndex: number, sample: Float32Array, { noise, variance_noise, batchSize }: StepOptions): Float32Array {
    const { algorithm_type, solver_order, solver_type } = this.options;
    const prediction = predictsOriginal(algorithm_type) ? this.original(output, stepIndex, sample, batchSize) : this.noise(output, stepIndex, sample, batchSize);
    this.predictions = this.remember(this.predictions, prediction, output, solver_order);
    const order = multistepOrder(this.options, stepIndex, this.allTimesteps.length, this.predictions.length);

    const [from, to] = [this.level(stepIndex), this.level(stepIndex + 1)];
    const weights = dpmSolverWeights(algorithm_type, from, to);
    const lambdas = Array.from({ length: order }, (_, back) => this.level(stepIndex - back).lambda);
    const terms = multistepTerms(weights, solver_type, f32(to.lambda - from.lambda), lambdas, this.predictions.slice(0, order));
    const fresh = isStochastic(algorithm_type) ? [[weights.noise, variance_noise ?? this.draw(noise)] as const] : [];
    return weightedSum([weights.sample, sample], ...terms, ...fresh);
  }
}

export const dpmSolverMultistep = defineScheduler('DPMSolverMultistepScheduler', configSchema, (name, config) => new DpmSolverMultistepScheduler(name, config));
