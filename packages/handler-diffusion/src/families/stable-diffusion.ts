import { repeatRows, type Feeds } from '../components/tensor.js';
import type { Conditioning, Family, Run } from '../pipelines/family.js';
import { usualNoiseLevel } from '../pipelines/start.js';
import { encodeClip } from '../text/clip-encoder.js';
import { embedGuidance } from './guidance-embedding.js';
import { textsFor } from './prompt-lists.js';
import { distilledDefaults, guidanceInputWidth, isUnetGuided, pictureLatents, trainedSide, unetInput, unetModes } from './unet.js';

/** Text as hidden states for the UNet's cross-attention. Shared with films that are made by such a UNet. */
export async function encodeForUnet(run: Run): Promise<Conditioning> {
  const { components, request, prompts, copies, rows, isGuided, guidanceScale, signal } = run;
  const negative = textsFor(prompts, request.negativePrompt, prompts.map(() => ''));
  // Only the prompt leaves out layers; the negative prompt is always the whole encoder's, as in diffusers.
  const whole = { normalizes: true };
  const lists = [{ prompts, hidden: request.clipSkip ? { ...whole, skip: request.clipSkip } : whole }, ...(isGuided ? [{ prompts: negative, hidden: whole }] : [])];
  const texts = await encodeClip(components, 'text_encoder', lists, { signal, weighting: request.weighting, longPrompts: request.longPrompts });
  const [positive, without] = texts.map(({ hidden }) => ({ encoder_hidden_states: repeatRows(hidden, copies) }));
  const width = guidanceInputWidth(components);
  const conditioned: Feeds = width === undefined ? {} : { timestep_cond: embedGuidance(guidanceScale, width, rows) };
  const level: Feeds = run.mode === 'upscale' ? { class_labels: { data: new Float32Array(rows).fill(request.noiseLevel ?? usualNoiseLevel), shape: [rows] } } : {};
  return { positive: { ...positive!, ...conditioned, ...level }, ...(without ? { negative: { ...without, ...level } } : {}), truncated: texts[0]!.truncated };
}

/** Stable Diffusion 1 and 2 and what is built like them: one CLIP encoder, a UNet. Source: Rombach et al. 2021, https://arxiv.org/abs/2112.10752 */
export const stableDiffusion: Family = {
  name: 'stable-diffusion',
  pipelineClasses: ['StableDiffusion*Pipeline', 'OnnxStableDiffusion*Pipeline', 'ORTStableDiffusion*Pipeline', '*LatentConsistencyModel*Pipeline'],
  required: ['text_encoder', 'unet'],
  denoiser: unetInput,
  takesEta: true,
  defaults(components, vae) {
    const usual = { numInferenceSteps: 50, guidanceScale: 7.5, ...trainedSide(components, 'unet', vae, 512), strength: 0.8, inpaintStrength: 1 };
    if (unetModes(components, vae)[0] === 'upscale') return { ...usual, numInferenceSteps: 75, guidanceScale: 9 };
    return distilledDefaults(components, usual);
  },
  modes: unetModes,
  sizeMultiple: (_components, vae) => vae.scale,
  latentShape: pictureLatents,
  isGuided: isUnetGuided,
  schedulerCorrections({ mode, request, components }) {
    // Source: the constructors of the three pipelines in diffusers; that of ControlNet, InstructPix2Pix and LCM has none.
    if (mode === 'inpaint') return { steps_offset: 1, skip_prk_steps: true };
    const isPlain = (mode === 'text-to-image' || mode === 'image-to-image') && !request.controlImages && guidanceInputWidth(components) === undefined;
    return isPlain ? { steps_offset: 1, clip_sample: false } : {};
  },
  encodePrompts: encodeForUnet,
};
