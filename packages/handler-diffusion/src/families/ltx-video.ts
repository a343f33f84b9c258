import { LlmiError } from '@llmi/core';
import type { Components } from '../components/components.js';
import { sizeOf, type Feeds, type Tensor } from '../components/tensor.js';
import type { Conditioning, Family, Run } from '../pipelines/family.js';
import { encodeT5 } from '../text/t5-encoder.js';
import { unscaleLatents } from '../vae/scale-latents.js';
import { runVae } from '../vae/vae.js';
import { framesOf } from './animate-diff.js';
import { evenSigmas, shiftFor, takesSigmas } from './flow-shift.js';
import { packFilm, unpackFilm, type Patch } from './pack-film.js';
import { textsFor } from './prompt-lists.js';

const usualMaxLength = 128;

function patchOf(components: Components): Patch {
  const { patch_size, patch_size_t } = components.config('transformer');
  return { space: typeof patch_size === 'number' ? patch_size : 1, time: typeof patch_size_t === 'number' ? patch_size_t : 1 };
}

async function encodePrompts(run: Run): Promise<Conditioning> {
  const { components, request, prompts, isGuided, latentShape, vae, frameRate, signal } = run;
  const negative = textsFor(prompts, request.negativePrompt, prompts.map(() => ''));
  const repeat = (texts: readonly string[]) => texts.flatMap((text) => Array<string>(run.copies).fill(text));
  const lists = [prompts, ...(isGuided ? [negative] : [])].map(repeat);
  const texts = await encodeT5(components, 'text_encoder', lists, { maxLength: request.maxSequenceLength ?? usualMaxLength, signal });
  const [positive, without] = texts.map(({ hidden, mask }): Feeds => ({ encoder_hidden_states: hidden, encoder_attention_mask: mask }));
  const [, , frames, height, width] = latentShape;
  const number = (value: number): Tensor => ({ data: Float32Array.of(value), shape: [] });
  const rope = { data: Float32Array.of(vae.temporalScale / frameRate!, vae.scale, vae.scale), shape: [3] };
  const shared = { num_frames: number(frames!), height: number(height!), width: number(width!), rope_interpolation_scale: rope };
  return { positive: positive!, ...(without ? { negative: without } : {}), shared };
}

/** Whole films, one at a time: the VAE looks along time too. */
async function* decode(run: Run, latents: Tensor): AsyncGenerator<Tensor> {
  const { components, vae, request, signal } = run;
  const [rows, ...rest] = latents.shape as [number, ...number[]];
  const timestep = request.decodeTimestep ?? 0;
  const noisy = vae.timestepConditioning ? addNoise(unscaleLatents(latents, vae), run.draw(latents.shape), request.decodeNoiseScale ?? timestep) : unscaleLatents(latents, vae);
  await using lease = await components.lease('vae_decoder', signal);
  for (let row = 0; row < rows; row++) {
    const film = { data: noisy.data.subarray(row * sizeOf(rest), (row + 1) * sizeOf(rest)), shape: [1, ...rest] };
    const times: Feeds = vae.timestepConditioning ? { timestep: { data: Float32Array.of(timestep), shape: [1] } } : {};
    const frames = framesOf(await runVae(lease.graph, { latent_sample: film, ...times }, signal));
    const size = sizeOf(frames.shape.slice(1));
    for (let frame = 0; frame < frames.shape[0]!; frame++) yield { data: frames.data.subarray(frame * size, (frame + 1) * size), shape: [1, ...frames.shape.slice(1)] };
  }
}

/** A little noise for decoders that were trained to take it away. */
function addNoise({ data, shape }: Tensor, noise: Float32Array, share: number): Tensor {
  return { data: data.map((value, index) => (1 - share) * value + share * noise[index]!), shape };
}

/** LTX-Video: a transformer over the tokens of a whole film. Source: HaCohen et al. 2024, https://arxiv.org/abs/2501.00103 */
export const ltxVideo: Family = {
  name: 'ltx-video',
  pipelineClasses: ['LTXPipeline'],
  required: ['text_encoder', 'transformer'],
  denoiser: { component: 'transformer', sample: 'hidden_states', timestep: 'timestep', timestepByRow: true, timestepScale: 1, batchesGuidance: true },
  takesEta: false,
  defaults: () => ({ numInferenceSteps: 50, guidanceScale: 3, width: 704, height: 512, strength: 1, inpaintStrength: 1, numFrames: 161, frameRate: 25 }),
  modes: () => ['text-to-video'],
  sizeMultiple: (components, vae) => vae.scale * patchOf(components).space,
  latentShape({ components, rows, frames, width, height, vae }) {
    const { in_channels } = components.config('transformer');
    if ((frames! - 1) % vae.temporalScale !== 0) {
      const nearest = Math.round((frames! - 1) / vae.temporalScale) * vae.temporalScale + 1;
      throw new LlmiError('INPUT_INVALID', { message: `${frames} frames cannot be made: all but the first come in groups of ${vae.temporalScale}.`, hint: `Use ${nearest}.`, param: 'num_frames' });
    }
    const channels = typeof in_channels === 'number' ? in_channels : vae.latentChannels;
    return [rows, channels, (frames! - 1) / vae.temporalScale + 1, Math.floor(height / vae.scale), Math.floor(width / vae.scale)];
  },
  isGuided: ({ guidanceScale }) => guidanceScale > 1,
  timestepOptions({ scheduler, request, steps, latentShape }) {
    if (!takesSigmas(scheduler)) return {};
    return { sigmas: request.sigmas ?? evenSigmas(steps), mu: shiftFor(sizeOf(latentShape.slice(2)), scheduler, 1.15) };
  },
  encodePrompts,
  pack: (latents, { components }) => packFilm(latents, patchOf(components)),
  unpack: (latents, { components, latentShape }) => unpackFilm(latents, latentShape, patchOf(components)),
  decode,
};
