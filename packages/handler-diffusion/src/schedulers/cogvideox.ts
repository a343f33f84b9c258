import { z } from 'zod';
import { AlphaScheduler } from './alpha-scheduler.js';
import type { Schedule } from './base-scheduler.js';
import { betaOptions, classicPredictions, predictionOptions, spacingOptions, stableDiffusionBetas, zeroSnrOptions } from './config.js';
import { defineScheduler } from './define-scheduler.js';
import { cumulativeAlphas, makeBetas } from './maths/betas.js';
import { f32 } from './maths/float32.js';
import { spaceTimesteps } from './maths/timestep-spacing.js';
import { weightedSum } from './maths/weighted-sum.js';
import { predictOriginal } from './predictions.js';
import type { StepOptions } from './scheduler.js';

const configSchema = z.object({
  ...betaOptions({ ...stableDiffusionBetas, schedule: 'scaled_linear' }),
  ...spacingOptions('leading'),
  ...predictionOptions(classicPredictions),
  ...zeroSnrOptions,
  set_alpha_to_one: z.boolean().default(true),
  snr_shift_scale: z.number().default(3),
});

/** What the schedulers of CogVideoX share: alpha products in double precision, shifted to more noise. Source: https://arxiv.org/abs/2408.06072 */
abstract class CogVideoXScheduler extends AlphaScheduler<z.infer<typeof configSchema>> {
  protected stepSize = 1;

  protected override makeAlphas(): ArrayLike<number> {
    const { snr_shift_scale: scale, rescale_betas_zero_snr } = this.options;
    const { products, round } = this.products();
    const shifted = products.map((product) => round(product / round(scale + round(round(1 - scale) * product))));
    if (!rescale_betas_zero_snr) return shifted;
    const roots = shifted.map((product) => round(Math.sqrt(product)));
    const [first, last] = [roots[0]!, roots[roots.length - 1]!];
    const stretch = round(first / round(first - last));
    return roots.map((root) => round(round(round(root - last) * stretch) ** 2));
  }

  /** diffusers computes the scaled linear schedule in double precision here, the others in float32. */
  private products(): { products: number[]; round: (value: number) => number } {
    const { beta_schedule, trained_betas, beta_start, beta_end, num_train_timesteps: count } = this.options;
    if (beta_schedule !== 'scaled_linear' || trained_betas) return { products: Array.from(cumulativeAlphas(makeBetas(this.options))), round: f32 };
    const [start, end] = [beta_start ** 0.5, beta_end ** 0.5];
    let product = 1;
    const products = Array.from({ length: count }, (_, index) => (product *= 1 - (start + (index * (end - start)) / (count - 1)) ** 2));
    return { products, round: (value) => value };
  }

  protected plan(steps: number): Schedule {
    this.stepSize = Math.floor(this.options.num_train_timesteps / steps);
    return { timesteps: spaceTimesteps(this.options, steps) };
  }

  protected previousAlpha(timestep: number): number {
    const previous = timestep - this.stepSize;
    return previous >= 0 ? this.alphaAt(previous) : this.options.set_alpha_to_one ? 1 : this.alphaAt(0);
  }

  protected original(output: Float32Array, alpha: number, sample: Float32Array): Float32Array {
    return predictOriginal(this.options.prediction_type, Math.sqrt(alpha), Math.sqrt(1 - alpha), sample, output);
  }
}

/** DDIM without noise. Source: Song et al. 2020, https://arxiv.org/abs/2010.02502. Reference: diffusers CogVideoXDDIMScheduler. */
class CogVideoXDdimScheduler extends CogVideoXScheduler {
  protected advance(output: Float32Array, stepIndex: number, sample: Float32Array): Float32Array {
    const timestep = this.allTimesteps[stepIndex]!;
    const [alpha, alphaPrevious] = [this.alphaAt(timestep), this.previousAlpha(timestep)];
    const keep = Math.sqrt((1 - alphaPrevious) / (1 - alpha));
    return weightedSum([keep, sample], [Math.sqrt(alphaPrevious) - Math.sqrt(alpha) * keep, this.original(output, alpha, sample)]);
  }
}

/** The log of the square root of the signal to noise ratio. */
const lambdaOf = (alpha: number) => Math.log(Math.sqrt(alpha / (1 - alpha)));

/** SDE form of DPM-Solver++ of order 2. Source: Lu et al. 2022, https://arxiv.org/abs/2211.01095. Reference: diffusers CogVideoXDPMScheduler. */
class CogVideoXDpmScheduler extends CogVideoXScheduler {
  /** The original that the step before predicted. */
  private earlier: Float32Array | undefined;

  protected override reset(): void {
    super.reset();
    this.earlier = undefined;
  }

  protected advance(output: Float32Array, stepIndex: number, sample: Float32Array, { noise }: StepOptions): Float32Array {
    const timestep = this.allTimesteps[stepIndex]!;
    const [alpha, alphaPrevious] = [this.alphaAt(timestep), this.previousAlpha(timestep)];
    const original = this.original(output, alpha, sample);
    const { earlier } = this;
    this.earlier = original;

    const lambda = lambdaOf(alpha);
    const h = lambdaOf(alphaPrevious) - lambda;
    const keep = Math.sqrt((1 - alphaPrevious) / (1 - alpha)) * Math.exp(-h);
    const weight = -Math.expm1(-2 * h) * Math.sqrt(alphaPrevious);
    const noiseWeight = Math.sqrt(1 - alphaPrevious) * Math.sqrt(1 - Math.exp(-2 * h));
    // diffusers draws for the first-order step before it takes the second-order one, which draws again.
    let fresh = this.draw(noise);
    if (!earlier || timestep < this.stepSize) return weightedSum([keep, sample], [weight, original], [noiseWeight, fresh]);
    fresh = this.draw(noise);
    const ratio = (lambda - lambdaOf(this.alphaAt(this.allTimesteps[stepIndex - 1]!))) / h;
    const slope = 1 / (2 * ratio);
    return weightedSum([keep, sample], [weight * (1 + slope), original], [-weight * slope, earlier], [noiseWeight, fresh]);
  }
}

export const cogVideoXDdim = defineScheduler('CogVideoXDDIMScheduler', configSchema, (name, config) => new CogVideoXDdimScheduler(name, config));
export const cogVideoXDpm = defineScheduler('CogVideoXDPMScheduler', configSchema, (name, config) => new CogVideoXDpmScheduler(name, config));
