import { LlmiError } from '@llmi/core';
import { z } from 'zod';
import type { Schedule } from './base-scheduler.js';
import { betaOptions, classicPredictions, oneSpread, predictionOptions, sigmaSpreadOptions, spacingOptions } from './config.js';
import { defineScheduler } from './define-scheduler.js';
import { f32 } from './maths/float32.js';
import { integrate } from './maths/gauss-kronrod.js';
import { sigmaDerivative } from './maths/sigma-moves.js';
import { weightedSum } from './maths/weighted-sum.js';
import { planSigmas } from './plan-sigmas.js';
import type { StepOptions } from './scheduler.js';
import { DiscreteSigmaScheduler, originalFormula } from './sigma-scheduler.js';

const configSchema = oneSpread(z.object({ ...betaOptions(), ...spacingOptions('linspace'), ...sigmaSpreadOptions, ...predictionOptions(classicPredictions) }));

const defaultOrder = 4;
const highestOrder = 6;

/**
 * Linear multistep: the polynomial through the last derivatives, integrated to the next sigma.
 * Source: k-diffusion, sample_lms. Reference: diffusers LMSDiscreteScheduler.
 */
class LmsDiscreteScheduler extends DiscreteSigmaScheduler<z.infer<typeof configSchema>> {
  /** Newest last. */
  private derivatives: Float32Array[] = [];

  protected plan(steps: number): Schedule {
    const { timesteps, sigmas } = planSigmas(this.options, this.training, steps);
    return { timesteps: timesteps.map(f32), sigmas: [...sigmas, 0].map(f32) };
  }

  protected override reset(): void {
    super.reset();
    this.derivatives = [];
  }

  protected advance(output: Float32Array, stepIndex: number, sample: Float32Array, { order = defaultOrder }: StepOptions): Float32Array {
    if (!Number.isInteger(order) || order < 1 || order > highestOrder) {
      throw new LlmiError('INPUT_INVALID', { message: `${order} is not an order from 1 to ${highestOrder}.`, param: 'order' });
    }
    const sigma = this.sigmas[stepIndex]!;
    this.derivatives.push(sigmaDerivative(originalFormula(this.options.prediction_type, sigma), sigma, sample, output));
    this.derivatives = this.derivatives.slice(-order);
    const count = Math.min(stepIndex + 1, order);
    const newest = this.derivatives.slice(-count).reverse();
    return weightedSum([1, sample], ...newest.map((derivative, back) => [this.coefficient(count, stepIndex, back), derivative] as const));
  }

  /** Integral over the step of the Lagrange polynomial of the derivative `back` steps ago, its factors in float32 as in diffusers. */
  private coefficient(count: number, stepIndex: number, back: number): number {
    const sigmaOf = (steps: number) => this.sigmas[stepIndex - steps]!;
    const lagrange = (sigma: number) => {
      let product = 1;
      for (let other = 0; other < count; other++) {
        if (other !== back) product = f32(product * f32(f32(f32(sigma) - sigmaOf(other)) / f32(sigmaOf(back) - sigmaOf(other))));
      }
      return product;
    };
    return integrate(lagrange, sigmaOf(0), this.sigmas[stepIndex + 1]!);
  }
}

export const lmsDiscrete = defineScheduler('LMSDiscreteScheduler', configSchema, (name, config) => new LmsDiscreteScheduler(name, config));
