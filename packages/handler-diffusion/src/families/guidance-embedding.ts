import type { Tensor } from '../components/tensor.js';

/**
 * Guidance as an input of models that were distilled with it: sines and cosines of (guidance - 1) x 1000, [rows, width].
 * Source: get_guidance_scale_embedding of diffusers' LatentConsistencyModelPipeline.
 */
export function embedGuidance(guidanceScale: number, width: number, rows: number): Tensor {
  const half = Math.floor(width / 2);
  const f32 = Math.fround;
  const decay = f32(f32(Math.log(10_000)) / (half - 1));
  const value = f32(f32(guidanceScale - 1) * 1000);
  const angles = Array.from({ length: half }, (_, index) => f32(value * f32(Math.exp(f32(index * -decay)))));
  const row = [...angles.map(Math.sin), ...angles.map(Math.cos), ...(width % 2 === 1 ? [0] : [])];
  return { data: Float32Array.from(Array.from({ length: rows }, () => row).flat()), shape: [rows, width] };
}
