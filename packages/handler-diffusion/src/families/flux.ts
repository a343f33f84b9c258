import type { Components } from '../components/components.js';
import { repeatRows, type Feeds } from '../components/tensor.js';
import type { Conditioning, Family, Run } from '../pipelines/family.js';
import { encodeClip } from '../text/clip-encoder.js';
import { encodeT5 } from '../text/t5-encoder.js';
import { evenSigmas, shiftFor, takesSigmas } from './flow-shift.js';
import { packLatents, tokenPlaces, unpackLatents } from './pack-latents.js';
import { textsFor } from './prompt-lists.js';
import { pictureLatents, trainedSide } from './unet.js';

const usualMaxLength = 512;

/** Whether the model was distilled with guidance as an input, as "dev" was; "schnell" needs none. */
const isGuidanceDistilled = (components: Components) => components.config('transformer').guidance_embeds === true;

async function encodePrompts(run: Run): Promise<Conditioning> {
  const { components, request, prompts, copies, rows, isGuided, guidanceScale, latentShape, signal } = run;
  const negative = textsFor(prompts, request.negativePrompt, prompts.map(() => ''));
  const lists = [{ first: prompts, second: textsFor(prompts, request.prompt2, prompts) }];
  if (isGuided) lists.push({ first: negative, second: textsFor(prompts, request.negativePrompt2, negative) });
  const clip = await encodeClip(components, 'text_encoder', lists.map(({ first }) => ({ prompts: first })), { signal, pooled: 'pooler_output' });
  const maxLength = request.maxSequenceLength ?? usualMaxLength;
  const long = await encodeT5(components, 'text_encoder_2', lists.map(({ second }) => second), { maxLength, signal });
  const guidance: Feeds = isGuidanceDistilled(components) ? { guidance: { data: new Float32Array(rows).fill(guidanceScale), shape: [rows] } } : {};
  const [positive, without] = lists.map((_, index): Feeds => ({
    encoder_hidden_states: repeatRows(long[index]!.hidden, copies),
    pooled_projections: repeatRows(clip[index]!.pooled!, copies),
    ...guidance,
  }));
  const shared = { txt_ids: { data: new Float32Array(maxLength * 3), shape: [maxLength, 3] }, img_ids: tokenPlaces(latentShape[2]!, latentShape[3]!) };
  return { positive: positive!, ...(without ? { negative: without } : {}), shared };
}

/** Flux: a transformer over tokens of two by two latents. Source: Black Forest Labs 2024, and FluxPipeline of diffusers. */
export const flux: Family = {
  name: 'flux',
  pipelineClasses: ['Flux*Pipeline', 'ORTFlux*Pipeline'],
  required: ['text_encoder', 'text_encoder_2', 'transformer'],
  denoiser: { component: 'transformer', sample: 'hidden_states', timestep: 'timestep', timestepByRow: true, timestepScale: 1000, batchesGuidance: false },
  takesEta: false,
  defaults(components, vae) {
    const distilled = isGuidanceDistilled(components) ? { numInferenceSteps: 28, guidanceScale: 3.5 } : { numInferenceSteps: 4, guidanceScale: 0 };
    return { ...distilled, ...trainedSide(components, 'transformer', vae, 1024), strength: 0.6, inpaintStrength: 0.6 };
  },
  modes: (components) => (components.has('vae_encoder') ? ['text-to-image', 'image-to-image'] : ['text-to-image']),
  sizeMultiple: (_components, vae) => vae.scale * 2,
  latentShape: pictureLatents,
  isGuided: ({ request }) => (request.trueCfgScale ?? 1) > 1 && request.negativePrompt !== undefined,
  timestepOptions({ scheduler, request, steps, latentShape }) {
    if (!takesSigmas(scheduler)) return {};
    const tokens = (latentShape[2]! / 2) * (latentShape[3]! / 2);
    return { sigmas: request.sigmas ?? evenSigmas(steps), mu: shiftFor(tokens, scheduler, 1.15) };
  },
  encodePrompts,
  pack: packLatents,
  unpack: (latents, { latentShape }) => unpackLatents(latents, latentShape),
};
