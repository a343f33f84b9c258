import { z } from 'zod';
import type { Schedule } from './base-scheduler.js';
import { betaOptions, classicPredictions, clipOptions, oneSpread, predictionOptions, sigmaSpreadOptions, spacingOptions, stableDiffusionBetas } from './config.js';
import { defineScheduler } from './define-scheduler.js';
import { f32 } from './maths/float32.js';
import { sigmaDerivative } from './maths/sigma-moves.js';
import { weightedSum } from './maths/weighted-sum.js';
import { doubleAfterFirst, planSigmas } from './plan-sigmas.js';
import { boundOriginal } from './predictions.js';
import type { TimestepOptions } from './scheduler.js';
import { DiscreteSigmaScheduler, originalFormula } from './sigma-scheduler.js';

const configSchema = oneSpread(
  z.object({
    ...betaOptions({ ...stableDiffusionBetas, more: ['exp'] }),
    ...spacingOptions('linspace'),
    ...sigmaSpreadOptions,
    ...predictionOptions(classicPredictions),
    ...clipOptions(false),
  }),
);

/**
 * Heun's method: an Euler step, the derivative at its end, and the step again with the mean of both.
 * Source: Karras et al. 2022, algorithm 1, https://arxiv.org/abs/2206.00364. Reference: diffusers HeunDiscreteScheduler.
 */
class HeunDiscreteScheduler extends DiscreteSigmaScheduler<z.infer<typeof configSchema>> {
  override readonly order = 2;
  protected override readonly accepts = ['timesteps'] as const;
  /** Where the Euler half of a step started from, and with what derivative. */
  private started: { sample: Float32Array; derivative: Float32Array; move: number } | undefined;

  protected plan(steps: number, { timesteps: custom }: TimestepOptions): Schedule {
    const { timesteps, sigmas } = planSigmas(this.options, this.training, steps, { custom });
    return { timesteps: doubleAfterFirst(timesteps.map(f32)), sigmas: [...doubleAfterFirst(sigmas.map(f32)), 0] };
  }

  protected override reset(): void {
    super.reset();
    this.started = undefined;
  }

  protected advance(output: Float32Array, stepIndex: number, sample: Float32Array): Float32Array {
    const { started } = this;
    // The derivative is taken at the sigma that the sample has: of this step, and in the second half of the step's end.
    const sigma = this.sigmas[stepIndex]!;
    const derivative = this.derivative(output, sigma, sample);
    if (started) {
      this.started = undefined;
      return weightedSum([1, started.sample], [started.move / 2, started.derivative], [started.move / 2, derivative]);
    }
    const move = f32(this.sigmas[stepIndex + 1]! - sigma);
    this.started = { sample, derivative, move };
    return weightedSum([1, sample], [move, derivative]);
  }

  private derivative(output: Float32Array, sigma: number, sample: Float32Array): Float32Array {
    const formula = originalFormula(this.options.prediction_type, sigma);
    if (!this.options.clip_sample) return sigmaDerivative(formula, sigma, sample, output);
    const original = boundOriginal(weightedSum([formula.factor, output], [1 / formula.divisor, sample]), this.options);
    return sigmaDerivative(originalFormula('sample', sigma), sigma, sample, original);
  }
}

export const heunDiscrete = defineScheduler('HeunDiscreteScheduler', configSchema, (name, config) => new HeunDiscreteScheduler(name, config));
