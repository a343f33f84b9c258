import { f32 } from './float32.js';

export interface ThresholdOptions {
  /** Share of the values that stay as they are. */
  dynamic_thresholding_ratio: number;
  /** Largest threshold. */
  sample_max_value: number;
}

/**
 * Predicted pictures clamped to their own quantile of absolute values and divided by it, each picture of the batch for itself.
 *
 * Shapes: `sample` and result [batch, ...], flat.
 * Source: Saharia et al. 2022, section 2.3, https://arxiv.org/abs/2205.11487
 */
export function dynamicThreshold(sample: Float32Array, { dynamic_thresholding_ratio, sample_max_value }: ThresholdOptions, batchSize: number): Float32Array {
  const result = new Float32Array(sample.length);
  const size = sample.length / batchSize;
  for (let start = 0; start < sample.length; start += size) {
    const picture = sample.subarray(start, start + size);
    const threshold = Math.min(Math.max(quantile(picture.map(Math.abs), dynamic_thresholding_ratio), 1), f32(sample_max_value));
    for (let index = 0; index < size; index++) {
      result[start + index] = Math.min(Math.max(picture[index]!, -threshold), threshold) / threshold;
    }
  }
  return result;
}

/** torch.quantile of float32 values, between two neighbours by their distance; `values` is sorted in place. */
function quantile(values: Float32Array, share: number): number {
  values.sort();
  const rank = f32(f32(share) * (values.length - 1));
  const below = Math.floor(rank);
  const [low, high] = [values[below]!, values[Math.ceil(rank)]!];
  return f32(low + f32(rank - below) * (high - low));
}

/** Every value held within [-limit, limit]. */
export function clampTo(sample: Float32Array, limit: number): Float32Array {
  return sample.map((value) => Math.min(Math.max(value, -limit), limit));
}
