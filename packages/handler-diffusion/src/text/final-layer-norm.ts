import { LlmiError } from '@llmi/core';
import type { Tensor } from '../components/tensor.js';

/** Rows whose mean is 0 and whose variance is 1, without scale and bias. */
function standardize(row: Float32Array, epsilon: number): Float64Array {
  const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
  const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
  return Float64Array.from(row, (value) => (value - mean) / Math.sqrt(variance + epsilon));
}

const rowsOf = ({ data, shape }: Tensor): Float32Array[] => {
  const width = shape.at(-1)!;
  return Array.from({ length: data.length / width }, (_, row) => data.subarray(row * width, (row + 1) * width));
};

/**
 * A hidden state with the layer norm of the encoder's end laid over it. The graph does not expose that norm, but shows what it makes
 * of its last hidden state: scale and bias of each channel are the straight line through those numbers.
 *
 * Shapes: all [batch, tokens, channels]; `last` before the norm, `normed` after it.
 * Source: clip_skip of diffusers' StableDiffusionPipeline.
 */
export function applyFinalLayerNorm(hidden: Tensor, last: Tensor, normed: Tensor, epsilon: number): Tensor {
  const channels = hidden.shape.at(-1)!;
  const [inputs, outputs] = [rowsOf(last).map((row) => standardize(row, epsilon)), rowsOf(normed)];
  const [scale, bias] = [new Float64Array(channels), new Float64Array(channels)];
  for (let channel = 0; channel < channels; channel++) {
    [scale[channel], bias[channel]] = lineThrough(inputs.map((row) => row[channel]!), outputs.map((row) => row[channel]!));
  }
  const data = new Float32Array(hidden.data.length);
  rowsOf(hidden).forEach((row, index) => {
    const standard = standardize(row, epsilon);
    for (let channel = 0; channel < channels; channel++) data[index * channels + channel] = standard[channel]! * scale[channel]! + bias[channel]!;
  });
  return { data, shape: hidden.shape };
}

/** Slope and height of the straight line through points, by least squares. */
function lineThrough(xs: number[], ys: number[]): [slope: number, height: number] {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [xMean, yMean] = [mean(xs), mean(ys)];
  const spread = xs.reduce((sum, x) => sum + (x - xMean) ** 2, 0);
  if (spread === 0) throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: 'The layer norm of this text encoder cannot be found.', hint: 'Leave out clip_skip.', param: 'clip_skip' });
  const slope = xs.reduce((sum, x, index) => sum + (x - xMean) * (ys[index]! - yMean), 0) / spread;
  return [slope, yMean - slope * xMean];
}
