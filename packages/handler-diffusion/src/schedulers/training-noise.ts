import type { BaseConfig } from './base-scheduler.js';
import { cumulativeAlphas, makeBetas, rescaleZeroTerminalSnr, smallestAlphaProduct, trainingSigmas, type BetaOptions } from './maths/betas.js';
import { logSigmas, sigmaToTimestep } from './maths/sigma-spacing.js';

export type TrainingConfig = BaseConfig & BetaOptions & { rescale_betas_zero_snr?: boolean };

/** What the training's noise was, as noise to signal ratios. */
export class TrainingNoise {
  readonly alphasCumprod: Float32Array;
  readonly sigmas: Float32Array;
  readonly logSigmas: Float32Array;

  constructor(options: TrainingConfig) {
    const betas = makeBetas(options);
    this.alphasCumprod = cumulativeAlphas(options.rescale_betas_zero_snr ? rescaleZeroTerminalSnr(betas) : betas);
    if (options.rescale_betas_zero_snr) this.alphasCumprod[betas.length - 1] = smallestAlphaProduct;
    this.sigmas = trainingSigmas(this.alphasCumprod);
    this.logSigmas = logSigmas(this.sigmas);
  }

  timestepOf(sigma: number): number {
    return sigmaToTimestep(sigma, this.logSigmas);
  }
}
