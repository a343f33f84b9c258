import { z } from 'zod';
import { mixByAlpha } from './alpha-scheduler.js';
import type { Schedule } from './base-scheduler.js';
import {
  allPredictions, betaOptions, flowSigmaOptions, lambdaMinOptions, learnedVarianceOptions, oneSpread, predictionOptions, sigmaSpreadOptions, spacingOptions, thresholdOptions,
} from './config.js';
import { defineScheduler } from './define-scheduler.js';
import { LogSnrScheduler } from './log-snr-scheduler.js';
import { exp32, f32, sqrt32 } from './maths/float32.js';
import { spaceTimestepsWithEnd } from './maths/timestep-spacing.js';
import { weightedSum, type Term } from './maths/weighted-sum.js';
import { lastTimestep, planLogSnr } from './plan-log-snr.js';
import { adamsCoefficients } from './sa-solver-coefficients.js';
import type { StepOptions } from './scheduler.js';

const { use_flow_sigmas, flow_shift } = flowSigmaOptions;
const configSchema = oneSpread(
  z.object({
    ...betaOptions(),
    ...spacingOptions('linspace'),
    ...sigmaSpreadOptions,
    ...predictionOptions(allPredictions),
    ...thresholdOptions,
    ...lambdaMinOptions,
    ...learnedVarianceOptions,
    use_flow_sigmas,
    flow_shift,
    predictor_order: z.int().min(1).max(4).default(2),
    corrector_order: z.int().min(1).max(4).default(2),
    algorithm_type: z.enum(['data_prediction', 'noise_prediction']).default('data_prediction'),
    lower_order_final: z.boolean().default(true),
  }),
).refine(({ algorithm_type, prediction_type }) => algorithm_type === 'data_prediction' || prediction_type !== 'flow_prediction', {
  message: 'flow_prediction needs algorithm_type "data_prediction"',
});

/** Timesteps between these are run as an SDE (tau 1), the others as an ODE (tau 0). */
const stochasticFrom = 200;
const stochasticTo = 800;

interface LastStep {
  sample: Float32Array;
  noise: Float32Array;
  tau: number;
  correctorOrder: number;
}

/**
 * Stochastic Adams methods: predictor and corrector over the diffusion SDE, whose noise is turned on in the middle of the run.
 * Source: Xue et al. 2023, https://arxiv.org/abs/2309.05019. Reference: diffusers SASolverScheduler.
 */
class SaSolverScheduler extends LogSnrScheduler<z.infer<typeof configSchema>> {
  /** Newest first. */
  private predictions: Float32Array[] = [];
  private last: LastStep | undefined;

  private get predictsOriginal(): boolean {
    return this.options.algorithm_type === 'data_prediction';
  }

  protected plan(steps: number): Schedule {
    const spaced = spaceTimestepsWithEnd(this.options, steps, lastTimestep(this.options, this.training));
    const { timesteps, sigmas, isSpread } = planLogSnr(this.options, this.training, spaced, this.options.flow_shift);
    const last = isSpread ? sigmas[sigmas.length - 1]! : this.training.sigmas[0]!;
    return { timesteps, sigmas: [...sigmas, last].map(f32) };
  }

  protected override reset(): void {
    super.reset();
    this.predictions = [];
    this.last = undefined;
  }

  protected advance(output: Float32Array, stepIndex: number, sample: Float32Array, { noise, batchSize }: StepOptions): Float32Array {
    const { predictor_order, corrector_order, lower_order_final } = this.options;
    const prediction = this.predictsOriginal ? this.original(output, stepIndex, sample, batchSize) : this.noise(output, stepIndex, sample, batchSize);
    const corrected = this.last ? this.update(this.last, this.last.correctorOrder, stepIndex - 1, stepIndex, [prediction, ...this.predictions]) : sample;

    const earlier = this.predictions.length;
    this.predictions = [prediction, ...this.predictions].slice(0, Math.max(predictor_order, corrector_order - 1));
    const left = lower_order_final ? this.allTimesteps.length - stepIndex : Infinity;
    const timestep = this.allTimesteps[stepIndex]!;
    this.last = {
      sample: corrected,
      noise: this.draw(noise),
      tau: timestep >= stochasticFrom && timestep <= stochasticTo ? 1 : 0,
      correctorOrder: Math.min(corrector_order, left + 1, earlier + 2),
    };
    return this.update(this.last, Math.min(predictor_order, left, earlier + 1), stepIndex, stepIndex, this.predictions);
  }

  /**
   * The step from noise level `fromIndex` to the next with the newest `order` predictions, of which the first was made at `newestIndex`:
   * at the step's start for the predictor, at its end for the corrector.
   */
  private update({ sample, noise, tau }: LastStep, order: number, fromIndex: number, newestIndex: number, predictions: readonly Float32Array[]): Float32Array {
    const [from, to] = [this.level(fromIndex), this.level(fromIndex + 1)];
    const h = f32(to.lambda - from.lambda);
    const rate = 1 + tau ** 2;
    const lambdas = Array.from({ length: order }, (_, back) => this.level(newestIndex - back).lambda);
    const coefficients = adamsCoefficients(lambdas, { start: from.lambda, end: to.lambda, rate, predictsOriginal: this.predictsOriginal });
    if (this.predictsOriginal && order === 2) {
      const change = newestIndex === fromIndex ? predictorCorrection(h, rate, to.lambda, f32(from.lambda - lambdas[1]!)) : correctorCorrection(h, rate, to.lambda);
      coefficients[0] = f32(coefficients[0]! + change);
      coefficients[1] = f32(coefficients[1]! - change);
    }
    const scale = this.predictsOriginal ? f32(f32(rate * to.sigma) * exp32(f32(-(tau ** 2) * to.lambda))) : f32(-rate * to.alpha);
    const terms: Term[] = coefficients.map((coefficient, back) => [f32(scale * coefficient), predictions[back]!]);
    const keep = this.predictsOriginal ? f32(exp32(f32(-(tau ** 2) * h)) * f32(to.sigma / from.sigma)) : f32(to.alpha / from.alpha);
    const spread = this.predictsOriginal ? f32(to.sigma * sqrt32(f32(1 - exp32(f32(-2 * tau ** 2 * h))))) : f32(f32(tau * to.sigma) * sqrt32(f32(exp32(f32(2 * h)) - 1)));
    return weightedSum([keep, sample], ...terms, [spread, noise]);
  }

  override addNoise(original: Float32Array, noise: Float32Array, timestep: number): Float32Array {
    return mixByAlpha(this.training.alphasCumprod[timestep] ?? NaN, original, noise);
  }
}

/** h (1 + tau^2) - 1 + exp(-(1 + tau^2) h), what both corrections of the second order divide. */
const remainder = (h: number, rate: number) => f32(f32(f32(h * rate) - 1) + exp32(f32(rate * -h)));

/** Makes the two-point predictor exact to second order in h. Source: Xue et al. 2023, appendix on the implementation. */
function predictorCorrection(h: number, rate: number, lambda: number, distance: number): number {
  const difference = f32(f32(f32(h * h) / 2) - f32(remainder(h, rate) / rate ** 2));
  return f32(f32(exp32(f32(rate * lambda)) * difference) / distance);
}

/** The same for the corrector, whose two points are the ends of the step. */
function correctorCorrection(h: number, rate: number, lambda: number): number {
  const difference = f32(f32(h / 2) - f32(remainder(h, rate) / f32(rate ** 2 * h)));
  return f32(exp32(f32(rate * lambda)) * difference);
}

export const saSolver = defineScheduler('SASolverScheduler', configSchema, (name, config) => new SaSolverScheduler(name, config));
