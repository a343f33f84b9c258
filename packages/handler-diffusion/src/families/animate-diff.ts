import { repeatRows, sizeOf, type Feeds, type Tensor } from '../components/tensor.js';
import type { Family, Run } from '../pipelines/family.js';
import { vaeOptions } from '../pipelines/start.js';
import { decodeLatents } from '../vae/vae.js';
import { encodeForUnet } from './stable-diffusion.js';
import { trainedSide, unetInput } from './unet.js';

/** The prompt is the same for every frame, and the UNet is given it once for each. */
const forEachFrame = (feeds: Feeds, frames: number): Feeds => ({ ...feeds, encoder_hidden_states: repeatRows(feeds.encoder_hidden_states!, frames) });

/** [films, channels, frames, height, width] to frames one after the other: [films x frames, channels, height, width]. */
export function framesOf({ data, shape }: Tensor): Tensor {
  const [rows, channels, frames, ...rest] = shape as [number, number, number, ...number[]];
  const plane = sizeOf(rest);
  const result = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    for (let frame = 0; frame < frames; frame++) {
      for (let channel = 0; channel < channels; channel++) {
        const from = ((row * channels + channel) * frames + frame) * plane;
        result.set(data.subarray(from, from + plane), ((row * frames + frame) * channels + channel) * plane);
      }
    }
  }
  return { data: result, shape: [rows * frames, channels, ...rest] };
}

/** AnimateDiff: Stable Diffusion whose UNet looks along time too; every frame is decoded as a picture. Source: Guo et al. 2023, https://arxiv.org/abs/2307.04725 */
export const animateDiff: Family = {
  name: 'animatediff',
  pipelineClasses: ['AnimateDiffPipeline'],
  required: ['text_encoder', 'unet'],
  denoiser: unetInput,
  takesEta: true,
  defaults: (components, vae) => ({ numInferenceSteps: 50, guidanceScale: 7.5, ...trainedSide(components, 'unet', vae, 512), strength: 1, inpaintStrength: 1, numFrames: 16, frameRate: 8 }),
  modes: () => ['text-to-video'],
  sizeMultiple: (_components, vae) => vae.scale,
  latentShape: ({ rows, frames, width, height, vae }) => [rows, vae.latentChannels, frames!, Math.floor(height / vae.scale), Math.floor(width / vae.scale)],
  isGuided: ({ guidanceScale }) => guidanceScale > 1,
  async encodePrompts(run: Run) {
    const { positive, negative, truncated } = await encodeForUnet(run);
    return { truncated, positive: forEachFrame(positive, run.frames!), ...(negative ? { negative: forEachFrame(negative, run.frames!) } : {}) };
  },
  previewFrame(latents) {
    const { data, shape } = framesOf(latents);
    const size = sizeOf(shape.slice(1));
    const middle = Math.floor(latents.shape[2]! / 2) * size;
    return { data: data.subarray(middle, middle + size), shape: [1, ...shape.slice(1)] };
  },
  decode: (run, latents) => decodeLatents(run.components, run.vae, framesOf(latents), vaeOptions(run)),
};
