import { sizeOf, type Tensor } from '../components/tensor.js';
import type { VaeConfig } from './vae-config.js';

/** Latents of the denoiser as the VAE decodes them. Shape: [batch, channels, ...]. */
export function unscaleLatents({ data, shape }: Tensor, config: VaeConfig): Tensor {
  const { scalingFactor, shiftFactor, latentsMean, latentsStd } = config;
  if (!latentsMean || !latentsStd) return { data: data.map((value) => value / scalingFactor + shiftFactor), shape };
  return mapByChannel({ data, shape }, (value, channel) => (value * latentsStd[channel]!) / scalingFactor + latentsMean[channel]!);
}

/** What the VAE encoded, as the denoiser knows it. */
export function scaleLatents({ data, shape }: Tensor, config: VaeConfig): Tensor {
  const { scalingFactor, shiftFactor, latentsMean, latentsStd } = config;
  if (!latentsMean || !latentsStd) return { data: data.map((value) => (value - shiftFactor) * scalingFactor), shape };
  return mapByChannel({ data, shape }, (value, channel) => ((value - latentsMean[channel]!) * scalingFactor) / latentsStd[channel]!);
}

function mapByChannel({ data, shape }: Tensor, map: (value: number, channel: number) => number): Tensor {
  const [, channels, ...rest] = shape as [number, number, ...number[]];
  const size = sizeOf(rest);
  return { data: data.map((value, index) => map(value, Math.floor(index / size) % channels)), shape };
}
