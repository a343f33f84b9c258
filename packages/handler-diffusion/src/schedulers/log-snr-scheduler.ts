import { BaseScheduler, type BaseConfig } from './base-scheduler.js';
import { splitLearnedVariance } from './learned-variance.js';
import type { ThresholdOptions } from './maths/dynamic-threshold.js';
import { f32, log32, sqrt32 } from './maths/float32.js';
import { kernels } from './maths/kernels.js';
import { recycle } from './maths/simd.js';
import { weightedSum } from './maths/weighted-sum.js';
import { boundOriginal, predictOriginal, type Prediction } from './predictions.js';
import { TrainingNoise, type TrainingConfig } from './training-noise.js';

/** A noise level: the sample is alpha x original + sigma x noise, and lambda = log(alpha / sigma). */
export interface Level {
  alpha: number;
  sigma: number;
  lambda: number;
}

/** Level of a noise to signal ratio; of a flow model, whose sigma is the share of the noise. */
export function levelOf(sigma: number, isFlow: boolean): Level {
  const alpha = isFlow ? f32(1 - sigma) : f32(1 / sqrt32(f32(f32(sigma * sigma) + 1)));
  const spread = isFlow ? sigma : f32(sigma * alpha);
  return { alpha, sigma: spread, lambda: f32(log32(alpha) - log32(spread)) };
}

export type LogSnrConfig = BaseConfig & TrainingConfig & ThresholdOptions & { thresholding: boolean; prediction_type: Prediction; use_flow_sigmas: boolean; variance_type?: string };

/** Exponential integrators in lambda, the log of the signal to noise ratio: DPM-Solver and its kin. */
export abstract class LogSnrScheduler<Config extends LogSnrConfig> extends BaseScheduler<Config> {
  protected readonly training: TrainingNoise;
  /** Predictions that were made here and are seen by nobody else. */
  private readonly own = new WeakSet<Float32Array>();

  constructor(className: string, options: Config) {
    super(className, options);
    this.training = new TrainingNoise(options);
  }

  protected override get learnsVariance(): boolean {
    return this.options.variance_type?.startsWith('learned') ?? false;
  }

  protected level(stepIndex: number): Level {
    return levelOf(this.sigmas[stepIndex]!, this.options.use_flow_sigmas);
  }

  addNoise(original: Float32Array, noise: Float32Array, timestep: number): Float32Array {
    const { alpha, sigma } = this.level(this.indexOf(timestep));
    return weightedSum([alpha, original], [sigma, noise]);
  }

  /** diffusers takes the last timestep where it finds none. */
  protected override indexOf(timestep: number): number {
    return this.find(timestep) ?? this.allTimesteps.length - 1;
  }

  /** The original that the model's output stands for, held within bounds where the configuration wants any. */
  protected original(modelOutput: Float32Array, stepIndex: number, sample: Float32Array, batchSize?: number): Float32Array {
    const { prediction_type } = this.options;
    const { prediction } = splitLearnedVariance(modelOutput, sample.length, batchSize);
    const { alpha, sigma } = this.level(stepIndex);
    const spread = prediction_type === 'flow_prediction' ? this.sigmas[stepIndex]! : sigma;
    return boundOriginal(predictOriginal(prediction_type, alpha, spread, sample, prediction), this.options, batchSize);
  }

  /** Predictions with a new one in front, at most `most`; the memory of one that falls out is used again, unless it is the model's output itself. */
  protected remember(predictions: readonly Float32Array[], newest: Float32Array, modelOutput: Float32Array, most: number): Float32Array[] {
    if (newest !== modelOutput) this.own.add(newest);
    const all = [newest, ...predictions];
    for (const dropped of all.splice(most)) if (this.own.delete(dropped)) recycle(dropped);
    return all;
  }

  /** The noise in a sample, from its original. */
  protected noiseBeside(original: Float32Array, stepIndex: number, sample: Float32Array): Float32Array {
    const { alpha, sigma } = this.level(stepIndex);
    return kernels.unmixed([alpha, sigma], sample, original);
  }

  /** The noise that the model's output stands for. */
  protected noise(modelOutput: Float32Array, stepIndex: number, sample: Float32Array, batchSize?: number): Float32Array {
    const { prediction_type, thresholding } = this.options;
    if (thresholding || prediction_type === 'sample' || prediction_type === 'flow_prediction') {
      return this.noiseBeside(this.original(modelOutput, stepIndex, sample, batchSize), stepIndex, sample);
    }
    const { prediction } = splitLearnedVariance(modelOutput, sample.length, batchSize);
    const { alpha, sigma } = this.level(stepIndex);
    return prediction_type === 'epsilon' ? prediction : weightedSum([alpha, prediction], [sigma, sample]);
  }
}
