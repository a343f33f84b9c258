import { z } from 'zod';
import type { Schedule } from './base-scheduler.js';
import {
  allPredictions, betaOptions, finalSigmaOptions, flowSigmaOptions, lambdaMinOptions, learnedVarianceOptions, oneSpread, predictionOptions, sigmaSpreadOptions, thresholdOptions,
} from './config.js';
import { defineScheduler } from './define-scheduler.js';
import { dpmAlgorithm, dpmSolverType, solverOrder } from './dpm-solver-options.js';
import { dpmSolverWeights, isStochastic, predictsOriginal } from './dpm-solver-weights.js';
import { LogSnrScheduler } from './log-snr-scheduler.js';
import { f32 } from './maths/float32.js';
import { linspace, roundHalfEven } from './maths/numpy.js';
import { weightedSum, type Term } from './maths/weighted-sum.js';
import { flowShiftOf, lastTimestep, planLogSnr } from './plan-log-snr.js';
import { refuseCustom } from './refuse-custom.js';
import type { StepOptions, TimestepOptions } from './scheduler.js';

const configSchema = oneSpread(
  z.object({
    ...betaOptions(),
    ...sigmaSpreadOptions,
    ...predictionOptions(allPredictions),
    ...thresholdOptions,
    ...finalSigmaOptions,
    ...flowSigmaOptions,
    ...lambdaMinOptions,
    ...learnedVarianceOptions,
    solver_order: solverOrder,
    algorithm_type: dpmAlgorithm,
    solver_type: dpmSolverType,
    lower_order_final: z.boolean().default(false),
  }),
)
  .refine(({ algorithm_type, final_sigmas_type }) => predictsOriginal(algorithm_type) || final_sigmas_type === 'sigma_min', {
    message: 'final_sigmas_type must be "sigma_min" with an algorithm_type that predicts noise',
  })
  .refine(({ algorithm_type }) => algorithm_type !== 'sde-dpmsolver', { message: 'algorithm_type sde-dpmsolver is not one of the singlestep solver' });

/** The order of every step: 1, 2, 3 over and over, so that each group of steps makes one step of the full order. */
function orderList(steps: number, order: number, lowerOrderFinal: boolean, endsAtZero: boolean): number[] {
  const group = [1, 2, 3].slice(0, order);
  const orders = Array.from({ length: steps }, (_, step) => group[step % order]!);
  // With whole groups the last group gives up its highest order: 1, 2, 1 instead of 1, 2, 3.
  if ((lowerOrderFinal && steps % order === 0) || endsAtZero) orders[steps - 1] = 1;
  return orders;
}

/**
 * DPM-Solver and DPM-Solver++ with intermediate points inside each step; "DPM++ 2S" is order 2.
 * Source: Lu et al. 2022, algorithm 1, https://arxiv.org/abs/2211.01095. Reference: diffusers DPMSolverSinglestepScheduler.
 */
class DpmSolverSinglestepScheduler extends LogSnrScheduler<z.infer<typeof configSchema>> {
  protected override readonly accepts = ['mu', 'timesteps'] as const;
  private orders: number[] = [];
  /** Newest first. */
  private predictions: Float32Array[] = [];
  /** What the group of steps under way started from. */
  private groupStart: Float32Array | undefined;

  protected plan(steps: number, { timesteps: custom, mu }: TimestepOptions): Schedule {
    const { final_sigmas_type, solver_order } = this.options;
    const spaced = custom?.map(Math.trunc) ?? linspace(0, lastTimestep(this.options, this.training) - 1, steps + 1).map(roundHalfEven).reverse().slice(0, -1);
    const { timesteps, sigmas, isSpread } = planLogSnr(this.options, this.training, spaced, flowShiftOf(this.options, mu));
    if (custom && isSpread) refuseCustom('timesteps', 'the configuration spreads the sigmas');
    const endsAtZero = final_sigmas_type === 'zero';
    // Steps that do not fill their groups, and a last sigma of 0, need the lower orders at the end.
    const lowerOrderFinal = this.options.lower_order_final || timesteps.length % solver_order !== 0 || endsAtZero;
    this.orders = orderList(timesteps.length, solver_order, lowerOrderFinal, endsAtZero);
    return { timesteps, sigmas: [...sigmas, endsAtZero ? 0 : this.training.sigmas[0]!].map(f32) };
  }

  protected override reset(): void {
    super.reset();
    this.predictions = [];
    this.groupStart = undefined;
  }

  protected advance(output: Float32Array, stepIndex: number, sample: Float32Array, { noise, batchSize }: StepOptions): Float32Array {
    const { algorithm_type } = this.options;
    const prediction = predictsOriginal(algorithm_type) ? this.original(output, stepIndex, sample, batchSize) : this.noise(output, stepIndex, sample, batchSize);
    this.predictions = this.remember(this.predictions, prediction, output, this.options.solver_order);
    const fresh = isStochastic(algorithm_type) ? this.draw(noise) : undefined;
    const order = Math.min(this.orders[stepIndex]!, this.predictions.length);
    if (order === 1) this.groupStart = sample;

    const [from, to] = [this.level(stepIndex - order + 1), this.level(stepIndex + 1)];
    const weights = dpmSolverWeights(algorithm_type, from, to);
    const terms = this.terms(order, stepIndex, weights, f32(to.lambda - from.lambda), from.lambda);
    return weightedSum([weights.sample, this.groupStart!], ...terms, ...(fresh ? [[weights.noise, fresh] as const] : []));
  }

  /** Terms of the predictions since the group's start, expanded around the first of them. */
  private terms(order: number, stepIndex: number, weights: ReturnType<typeof dpmSolverWeights>, h: number, start: number): Term[] {
    const [m0, m1, m2] = this.predictions as [Float32Array, Float32Array, Float32Array];
    const r0 = f32(f32(this.level(stepIndex).lambda - start) / h);
    const isMidpoint = this.options.solver_type === 'midpoint';
    if (order === 1) return [[weights.value, m0]];
    if (order === 2) {
      const first = (isMidpoint ? weights.midpoint : weights.slope) * f32(1 / r0);
      return [[first, m0], [weights.value - first, m1]];
    }
    if (isMidpoint) {
      const first = weights.slope * f32(1 / r0);
      return [[first, m0], [weights.value - first, m2]];
    }
    const r1 = f32(f32(this.level(stepIndex - 1).lambda - start) / h);
    const distance = f32(r0 - r1);
    // d0 = (m1 - m2) / r1 and d1 = (m0 - m2) / r0; the slope is (r0 d0 - r1 d1) / (r0 - r1), the curvature 2 (d1 - d0) / (r0 - r1).
    const near = ((weights.slope * r0 - 2 * weights.curvature) / distance) * f32(1 / r1);
    const far = ((2 * weights.curvature - weights.slope * r1) / distance) * f32(1 / r0);
    return [[far, m0], [near, m1], [weights.value - near - far, m2]];
  }
}

export const dpmSolverSinglestep = defineScheduler('DPMSolverSinglestepScheduler', configSchema, (name, config) => new DpmSolverSinglestepScheduler(name, config));
