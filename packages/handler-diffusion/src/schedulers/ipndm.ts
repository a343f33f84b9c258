import { LlmiError } from '@llmi/core';
import { z } from 'zod';
import { BaseScheduler, type Schedule } from './base-scheduler.js';
import { trainStepOptions } from './config.js';
import { defineScheduler } from './define-scheduler.js';
import { adamsBashforth } from './maths/adams-bashforth.js';
import { f32, linspace32, sqrt32 } from './maths/float32.js';
import { weightedSum } from './maths/weighted-sum.js';

const configSchema = z.object({ ...trainStepOptions, trained_betas: z.array(z.number()).min(1).optional() });

/** The share of the signal is kept above this where it is divided by. */
const smallestAlpha = 1e-8;

/**
 * Improved pseudo linear multistep over cosine noise levels, without starting steps.
 * Source: Zhang & Chen 2022, section 4, https://arxiv.org/abs/2204.13902. Reference: diffusers IPNDMScheduler.
 */
class IpndmScheduler extends BaseScheduler<z.infer<typeof configSchema>> {
  /** Share of noise and of signal at every timestep and at the end. */
  private betas = new Float32Array();
  private alphas = new Float32Array();
  /** Newest last. */
  private derivatives: Float32Array[] = [];

  protected plan(steps: number): Schedule {
    const { trained_betas } = this.options;
    this.betas = trained_betas ? Float32Array.from(trained_betas) : linspace32(1, 0, steps + 1).map((time) => f32(Math.sin(f32(f32(time * f32(Math.PI)) / 2))) ** 2);
    this.alphas = this.betas.map((beta) => sqrt32(f32(1 - f32(beta * beta))));
    const timesteps = Array.from(this.betas, (beta, index) => f32(f32(f32(Math.atan2(beta, this.alphas[index]!)) / f32(Math.PI)) * 2));
    return { timesteps: timesteps.slice(0, -1) };
  }

  protected override reset(): void {
    super.reset();
    this.derivatives = [];
  }

  protected advance(output: Float32Array, stepIndex: number, sample: Float32Array): Float32Array {
    const [alpha, beta, alphaNext, betaNext] = [this.alphas[stepIndex]!, this.betas[stepIndex]!, this.alphas[stepIndex + 1]!, this.betas[stepIndex + 1]!];
    this.derivatives = [...this.derivatives.slice(-3), weightedSum([beta, sample], [alpha, output])];
    const derivative = adamsBashforth(this.derivatives);
    const signal = weightedSum([1, sample], [-beta, derivative]); // at the first timestep, all noise, exactly 0
    return weightedSum([alphaNext / Math.max(alpha, smallestAlpha), signal], [betaNext, derivative]);
  }

  addNoise(): never {
    throw new LlmiError('INPUT_UNSUPPORTED', { message: `${this.className} cannot start from a picture.`, hint: 'Use another scheduler for image-to-image.' });
  }
}

export const ipndm = defineScheduler('IPNDMScheduler', configSchema, (name, config) => new IpndmScheduler(name, config));
