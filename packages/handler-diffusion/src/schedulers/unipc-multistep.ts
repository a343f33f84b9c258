import { LlmiError } from '@llmi/core';
import { z } from 'zod';
import type { Schedule } from './base-scheduler.js';
import {
  allPredictions, betaOptions, finalSigmaOptions, flowSigmaOptions, oneSpread, predictionOptions, sigmaSpreadOptions, spacingOptions, thresholdOptions, zeroSnrOptions,
} from './config.js';
import { defineScheduler } from './define-scheduler.js';
import { LogSnrScheduler } from './log-snr-scheduler.js';
import { expm132, f32 } from './maths/float32.js';
import { solve32 } from './maths/solve32.js';
import { weightedSum, type Term } from './maths/weighted-sum.js';
import { planUniPc } from './plan-unipc.js';
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
    solver_order: z.int().min(1).max(4).default(2),
    predict_x0: z.boolean().default(true),
    solver_type: z.enum(['bh1', 'bh2', 'midpoint', 'heun', 'logrho']).default('bh2').transform((name) => (name === 'bh1' ? name : 'bh2')),
    lower_order_final: z.boolean().default(true),
    disable_corrector: z.array(z.int()).default([]),
    sigma_min: z.number().optional(),
    sigma_max: z.number().optional(),
    shift_terminal: z.number().optional(),
  }),
)
  .refine(({ shift_terminal, use_flow_sigmas }) => shift_terminal === undefined || use_flow_sigmas, { message: 'shift_terminal needs use_flow_sigmas' })
  // Predicted noise is not thresholded, as in diffusers.
  .transform((config) => (config.predict_x0 ? config : { ...config, thresholding: false }))
  .refine(({ predict_x0, prediction_type }) => predict_x0 || prediction_type !== 'flow_prediction', { message: 'flow_prediction needs predict_x0' });

/** What a step is expanded with: h phi_1(h), B(h), and the weights that solve the order conditions. */
interface UniWeights {
  sample: number;
  value: number;
  /** Weight of all differences together. */
  scale: number;
  /** Where the earlier predictions lie, in steps; then 1 for the end of the step. */
  ratios: number[];
  matrix: number[][];
  right: number[];
}

/**
 * UniPC: a predictor and, once the next output of the model is there, a corrector of one order more that needs no further evaluation.
 * Source: Zhao et al. 2023, algorithms 5 to 8, https://arxiv.org/abs/2302.04867. Reference: diffusers UniPCMultistepScheduler.
 */
class UniPcMultistepScheduler extends LogSnrScheduler<z.infer<typeof configSchema>> {
  protected override readonly accepts = ['mu', 'sigmas'] as const;
  /** Newest first. */
  private predictions: Float32Array[] = [];
  /** The sample that the last predictor started from, and its order. */
  private last: { sample: Float32Array; order: number } | undefined;

  protected plan(steps: number, { mu, sigmas }: TimestepOptions): Schedule {
    if (sigmas && !this.options.use_flow_sigmas) {
      throw new LlmiError('INPUT_UNSUPPORTED', { message: 'UniPC takes sigmas only with use_flow_sigmas.', hint: 'Leave sigmas out.', param: 'sigmas' });
    }
    return planUniPc(this.options, this.training, steps, { mu, sigmas });
  }

  protected override reset(): void {
    super.reset();
    this.predictions = [];
    this.last = undefined;
  }

  protected advance(output: Float32Array, stepIndex: number, sample: Float32Array, { batchSize }: StepOptions): Float32Array {
    const { solver_order, lower_order_final, disable_corrector } = this.options;
    const prediction = this.options.predict_x0 ? this.original(output, stepIndex, sample, batchSize) : this.noise(output, stepIndex, sample);
    const corrected = this.last && !disable_corrector.includes(stepIndex - 1) ? this.correct(this.last, stepIndex, prediction) : sample;
    this.predictions = this.remember(this.predictions, prediction, output, solver_order);
    const left = lower_order_final ? this.allTimesteps.length - stepIndex : solver_order;
    const order = Math.min(solver_order, left, this.predictions.length);
    this.last = { sample: corrected, order };
    return this.predict(corrected, stepIndex, order);
  }

  private predict(sample: Float32Array, stepIndex: number, order: number): Float32Array {
    const weights = this.weights(stepIndex, stepIndex + 1, order);
    const rhos = order === 2 ? [0.5] : solve32(weights.matrix.slice(0, -1).map((row) => row.slice(0, -1)), weights.right.slice(0, -1));
    return this.combine(sample, weights, rhos);
  }

  private correct({ sample, order }: { sample: Float32Array; order: number }, stepIndex: number, prediction: Float32Array): Float32Array {
    const weights = this.weights(stepIndex - 1, stepIndex, order);
    const rhos = order === 1 ? [0.5] : solve32(weights.matrix, weights.right);
    return this.combine(sample, weights, rhos, prediction);
  }

  /** Weights of the step between two noise levels, expanded around the prediction at the first; all in float32, where they cancel. */
  private weights(fromIndex: number, toIndex: number, order: number): UniWeights {
    const { predict_x0, solver_type } = this.options;
    const [from, to] = [this.level(fromIndex), this.level(toIndex)];
    const h = f32(to.lambda - from.lambda);
    const ratios = Array.from({ length: order - 1 }, (_, back) => f32(f32(this.level(fromIndex - back - 1).lambda - from.lambda) / h));
    ratios.push(1);
    const hh = predict_x0 ? -h : h;
    const phi1 = expm132(hh);
    const scale = solver_type === 'bh1' ? hh : phi1;
    const [matrix, right]: [number[][], number[]] = [[], []];
    let powers = ratios.map(() => 1);
    let phi = f32(f32(phi1 / hh) - 1);
    let factorial = 1;
    for (let row = 1; row <= order; row++) {
      matrix.push(powers);
      right.push(f32(f32(phi * factorial) / scale));
      factorial *= row + 1;
      phi = f32(f32(phi / hh) - f32(1 / factorial));
      powers = powers.map((power, column) => f32(power * ratios[column]!));
    }
    const spread = predict_x0 ? to.alpha : to.sigma;
    const sample = f32(predict_x0 ? to.sigma / from.sigma : to.alpha / from.alpha);
    return { sample, value: -f32(spread * phi1), scale: -f32(spread * scale), ratios, matrix, right };
  }

  /** The step: differences to the newest prediction, those of earlier ones divided by their distance, and of the corrector's own. */
  private combine(sample: Float32Array, weights: UniWeights, rhos: readonly number[], corrector?: Float32Array): Float32Array {
    const [newest, ...earlier] = this.predictions as [Float32Array, ...Float32Array[]];
    const count = weights.ratios.length - 1;
    const differences: Term[] = Array.from({ length: count }, (_, back) => [(weights.scale * rhos[back]!) / weights.ratios[back]!, earlier[back]!]);
    if (corrector) differences.push([weights.scale * rhos[count]!, corrector]);
    const total = differences.reduce((sum, [weight]) => sum + weight, 0);
    return weightedSum([weights.sample, sample], [weights.value - total, newest], ...differences);
  }
}

export const uniPcMultistep = defineScheduler('UniPCMultistepScheduler', configSchema, (name, config) => new UniPcMultistepScheduler(name, config));
