import { LlmiError } from '@llmi/core';
import { BaseScheduler, type BaseConfig } from './base-scheduler.js';
import { cumulativeAlphas, makeBetas, rescaleZeroTerminalSnr, type BetaOptions } from './maths/betas.js';
import { f32, sqrt32 } from './maths/float32.js';
import { weightedSum } from './maths/weighted-sum.js';

export type AlphaConfig = BaseConfig & BetaOptions & { rescale_betas_zero_snr?: boolean };

/** Schedulers that work in alpha products at whole timesteps, as DDPM does: x_t = sqrt(alpha) x_0 + sqrt(1 - alpha) noise. */
export abstract class AlphaScheduler<Config extends AlphaConfig> extends BaseScheduler<Config> {
  /** Share of the signal's variance that is left at every training step. */
  protected readonly alphasCumprod: ArrayLike<number>;

  constructor(className: string, options: Config) {
    super(className, options);
    this.alphasCumprod = this.makeAlphas();
  }

  protected makeAlphas(): ArrayLike<number> {
    const betas = makeBetas(this.options);
    return cumulativeAlphas(this.options.rescale_betas_zero_snr ? rescaleZeroTerminalSnr(betas) : betas);
  }

  /** The alpha product at a timestep; past the training's last one there is none. */
  protected alphaAt(timestep: number): number {
    const alpha = this.alphasCumprod[timestep];
    if (alpha !== undefined) return alpha;
    throw new LlmiError('INPUT_INVALID', {
      message: `Timestep ${timestep} lies outside the ${this.alphasCumprod.length} of the training.`,
      hint: 'Take another number of steps, or another timestep_spacing or steps_offset.',
    });
  }

  addNoise(original: Float32Array, noise: Float32Array, timestep: number): Float32Array {
    return mixByAlpha(f32(this.alphaAt(timestep)), original, noise);
  }
}

/** The original with so much noise that a share `alpha` of the variance is its own. */
export function mixByAlpha(alpha: number, original: Float32Array, noise: Float32Array): Float32Array {
  return weightedSum([sqrt32(alpha), original], [sqrt32(f32(1 - alpha)), noise]);
}
