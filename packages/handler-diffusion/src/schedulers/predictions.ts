import { clampTo, dynamicThreshold, type ThresholdOptions } from './maths/dynamic-threshold.js';
import { f32 } from './maths/float32.js';
import { kernels } from './maths/kernels.js';
import { weightedSum, type Term } from './maths/weighted-sum.js';

/** What a model was trained to give. */
export type Prediction = 'epsilon' | 'sample' | 'v_prediction' | 'flow_prediction';

/**
 * The original that the model's output stands for, where the sample is signal x original + spread x noise.
 * Velocity: Salimans & Ho 2022, https://arxiv.org/abs/2202.00512
 */
export function predictOriginal(prediction: Prediction, signal: number, spread: number, sample: Float32Array, output: Float32Array): Float32Array {
  switch (prediction) {
    case 'epsilon':
      return kernels.unmixed([spread, signal], sample, output); // infinite where there is no signal, to be clamped
    case 'sample':
      return output;
    case 'v_prediction':
      return weightedSum([signal, sample], [-spread, output]);
    case 'flow_prediction':
      return weightedSum([1, sample], [-spread, output]);
  }
}

/** The noise that the model's output stands for, times `weight`, as terms of a sum. */
export function noiseTerms(prediction: Exclude<Prediction, 'flow_prediction'>, signal: number, spread: number, weight: number, sample: Float32Array, output: Float32Array): Term[] {
  switch (prediction) {
    case 'epsilon':
      return [[weight, output]];
    case 'sample':
      return [[weight / spread, sample], [(-weight * signal) / spread, output]];
    case 'v_prediction':
      return [[weight * signal, output], [weight * spread, sample]];
  }
}

/** The predicted original held within bounds, where the configuration wants any. */
export function boundOriginal(
  original: Float32Array,
  options: Partial<ThresholdOptions> & { thresholding?: boolean; clip_sample?: boolean; clip_sample_range?: number },
  batchSize = 1,
): Float32Array {
  if (options.thresholding) return dynamicThreshold(original, options as ThresholdOptions, batchSize);
  return options.clip_sample ? clampTo(original, f32(options.clip_sample_range!)) : original;
}
