import type { Components } from '../components/components.js';

/** What the pipelines need to know of a VAE. Source of the defaults: AutoencoderKL of diffusers, and the VAE of Stable Diffusion 1. */
export interface VaeConfig {
  latentChannels: number;
  scalingFactor: number;
  shiftFactor: number;
  /** By channel, where the latents are standardized with them. */
  latentsMean: readonly number[] | undefined;
  latentsStd: readonly number[] | undefined;
  /** Pixels of a side for one value of the latents. */
  scale: number;
  /** Frames for one frame of the latents. */
  temporalScale: number;
  /** Side of the pictures that it was trained on. */
  sampleSize: number;
  /** Whether the decoder takes the timestep of noise that is mixed into its latents. */
  timestepConditioning: boolean;
}

const numbers = (value: unknown): readonly number[] | undefined => (Array.isArray(value) && value.every((item) => typeof item === 'number') ? (value as number[]) : undefined);
const numberOr = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise);

/** Reads the configuration of the decoder, or of the VAE as a whole where the export has left it there. */
export function readVaeConfig(components: Components): VaeConfig {
  const found = ['vae_decoder', 'vae', 'vae_encoder'].map((name) => components.config(name));
  const config = found.find((candidate) => Object.keys(candidate).length > 0) ?? {};
  const levels = config.block_out_channels ?? config.decoder_block_out_channels; // the tiny VAE names its sides apart
  const blocks = Array.isArray(levels) ? levels.length : 4;
  return {
    latentChannels: numberOr(config.latent_channels, 4),
    scalingFactor: numberOr(config.scaling_factor, 0.18215),
    shiftFactor: numberOr(config.shift_factor, 0),
    latentsMean: numbers(config.latents_mean_data) ?? numbers(config.latents_mean),
    latentsStd: numbers(config.latents_std_data) ?? numbers(config.latents_std),
    scale: numberOr(config.spatial_compression_ratio, 2 ** (blocks - 1)),
    temporalScale: numberOr(config.temporal_compression_ratio, 1),
    sampleSize: numberOr(config.sample_size, 512),
    timestepConditioning: config.timestep_conditioning === true,
  };
}
