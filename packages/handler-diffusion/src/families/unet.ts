import { LlmiError } from '@llmi/core';
import type { Components } from '../components/components.js';
import { defaultImageGuidance } from '../pipelines/guidance.js';
import type { DenoiserInput, Family, Mode, PipelineDefaults, UnplannedRun } from '../pipelines/family.js';
import type { VaeConfig } from '../vae/vae-config.js';

/** A UNet: one timestep for all rows, and both sides of the guidance in one run. */
export const unetInput: DenoiserInput = { component: 'unet', sample: 'sample', timestep: 'timestep', timestepByRow: false, timestepScale: 1, batchesGuidance: true };

/** Channels that a UNet takes; undefined where its configuration does not say. */
const channelsOf = (components: Components): number | undefined => {
  const { in_channels } = components.config('unet');
  return typeof in_channels === 'number' ? in_channels : undefined;
};

/** Channels of a picture that is enlarged. */
const colours = 3;

/** What a UNet was made for shows in its channels: those of the latents, with a mask and a masked picture, with a picture's latents, or with a small picture. */
export function unetModes(components: Components, { latentChannels }: VaeConfig): readonly Mode[] {
  const channels = channelsOf(components) ?? latentChannels;
  if (channels === 2 * latentChannels + 1) return ['inpaint'];
  if (channels === 2 * latentChannels) return ['instruct'];
  if (channels === latentChannels + colours) return ['upscale'];
  if (channels !== latentChannels) {
    throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
      message: `The UNet of this model takes ${channels} channels, the VAE has ${latentChannels}: it is for a way of working that is not there.`,
      hint: 'What is there: pictures from words and pictures, inpainting, instructions (InstructPix2Pix), enlarging and ControlNet.',
    });
  }
  return components.has('vae_encoder') ? ['text-to-image', 'image-to-image', 'inpaint'] : ['text-to-image'];
}

/** Side of the pictures that the denoiser was trained on. */
export function trainedSide(components: Components, component: string, { scale }: VaeConfig, otherwise: number): { width: number; height: number } {
  const { sample_size } = components.config(component);
  const [rows, columns] = Array.isArray(sample_size) ? (sample_size as [number, number]) : [sample_size, sample_size];
  const side = (value: unknown) => (typeof value === 'number' ? value * scale : otherwise);
  return { width: side(columns), height: side(rows) };
}

/** [pictures, channels, height, width]. A picture that is enlarged is as large as its latents. */
export function pictureLatents({ rows, width, height, vae, mode }: UnplannedRun): readonly number[] {
  const scale = mode === 'upscale' ? 1 : vae.scale;
  return [rows, vae.latentChannels, Math.floor(height / scale), Math.floor(width / scale)];
}

/** Guidance above 1 needs a second look; distilled models have it as an input, and instructions go without it where the picture does not count. */
export function isUnetGuided({ components, request, guidanceScale, mode }: Parameters<Family['isGuided']>[0]): boolean {
  if (guidanceScale <= 1 || guidanceInputWidth(components) !== undefined) return false;
  return mode !== 'instruct' || (request.imageGuidanceScale ?? defaultImageGuidance) >= 1;
}

/** Distilled models whose guidance is an input. Width of that input, or undefined. */
export function guidanceInputWidth(components: Components): number | undefined {
  const { time_cond_proj_dim } = components.config('unet');
  return typeof time_cond_proj_dim === 'number' ? time_cond_proj_dim : undefined;
}

/** Models that were distilled to a few steps say so in the way their timesteps are spread, or in their names. */
export function distilledDefaults(components: Components, usual: PipelineDefaults): PipelineDefaults {
  const name = `${components.model.id} ${String(components.index._name_or_path ?? '')}`.toLowerCase();
  if (/\bturbo\b|[-_]turbo/.test(name)) return { ...usual, numInferenceSteps: /sdxl|sd3/.test(name) ? 4 : 1, guidanceScale: 0 };
  if (/lightning|hyper-sd/.test(name)) return { ...usual, numInferenceSteps: 4, guidanceScale: 0 };
  if (guidanceInputWidth(components) !== undefined || /\blcm\b|[-_]lcm/.test(name)) return { ...usual, numInferenceSteps: 4, guidanceScale: guidanceInputWidth(components) === undefined ? 1 : 8.5 };
  return usual;
}
