import { concatColumns, repeatRows, type Feeds, type Tensor } from '../components/tensor.js';
import type { Conditioning, Family, Run } from '../pipelines/family.js';
import { encodeClip, type ClipPrompts } from '../text/clip-encoder.js';
import { embedGuidance } from './guidance-embedding.js';
import { textsFor } from './prompt-lists.js';
import { distilledDefaults, guidanceInputWidth, isUnetGuided, pictureLatents, trainedSide, unetInput, unetModes } from './unet.js';

/** What the base looks like to the refiner. Source: StableDiffusionXLImg2ImgPipeline of diffusers. */
const [usualAesthetics, usualNegativeAesthetics] = [6, 2.5];

interface EncodedTexts {
  hidden: Tensor; // [prompts, tokens, channels]
  pooled: Tensor; // [prompts, channels]
  truncated: readonly string[];
}

/** Encoders by the prompts that they are given: the refiner has the second alone. */
async function encodeTexts(run: Run, texts: { first: readonly string[]; second: readonly string[]; skip: number }[]): Promise<EncodedTexts[]> {
  const { components, request, signal } = run;
  const lists = (which: 'first' | 'second'): ClipPrompts[] => texts.map((text) => ({ prompts: text[which], hidden: { skip: text.skip, normalizes: false } }));
  const options = { signal, weighting: request.weighting, longPrompts: request.longPrompts };
  const hasFirst = components.has('text_encoder');
  const first = hasFirst ? await encodeClip(components, 'text_encoder', lists('first'), options) : undefined;
  // Without a first encoder diffusers gives the first prompt to the second.
  const second = await encodeClip(components, 'text_encoder_2', lists(hasFirst ? 'second' : 'first'), { ...options, pooled: 'text_embeds' });
  return second.map(({ hidden, pooled, truncated }, index) => ({ hidden: first ? concatColumns(first[index]!.hidden, hidden) : hidden, pooled: pooled!, truncated }));
}

/** Sizes that the picture should look as if it was made from: [rows, 6], or [rows, 5] with a note for beauty. */
function timeIds(run: Run, isNegative: boolean): Tensor {
  const { components, request, height, width, rows } = run;
  const own = [height, width] as const;
  const hasNegatives = request.negativeOriginalSize !== undefined && request.negativeTargetSize !== undefined;
  const original = (isNegative && request.negativeOriginalSize) || request.originalSize || own;
  const target = (isNegative && request.negativeTargetSize) || request.targetSize || own;
  const crops = (isNegative && hasNegatives ? (request.negativeCropsCoordsTopLeft ?? [0, 0]) : request.cropsCoordsTopLeft) ?? [0, 0];
  const aesthetics = isNegative ? (request.negativeAestheticScore ?? usualNegativeAesthetics) : (request.aestheticScore ?? usualAesthetics);
  const ids = components.index.requires_aesthetics_score === true ? [...original, ...crops, aesthetics] : [...original, ...crops, ...target];
  return repeatRows({ data: Float32Array.from(ids), shape: [1, ids.length] }, rows);
}

async function encodePrompts(run: Run): Promise<Conditioning> {
  const { components, request, prompts, copies, rows, isGuided, guidanceScale } = run;
  const usesZeros = request.negativePrompt === undefined && components.index.force_zeros_for_empty_prompt !== false;
  const negative = textsFor(prompts, request.negativePrompt, prompts.map(() => ''));
  const texts = [{ first: prompts, second: textsFor(prompts, request.prompt2, prompts), skip: (request.clipSkip ?? 0) + 1 }];
  if (isGuided && !usesZeros) texts.push({ first: negative, second: textsFor(prompts, request.negativePrompt2, negative), skip: 1 });
  const [positive, without] = await encodeTexts(run, texts);

  const width = guidanceInputWidth(components);
  const guidance: Feeds = width === undefined ? {} : { timestep_cond: embedGuidance(guidanceScale, width, rows) };
  const feeds = ({ hidden, pooled }: Pick<EncodedTexts, 'hidden' | 'pooled'>, isNegative: boolean): Feeds => ({
    encoder_hidden_states: repeatRows(hidden, copies),
    text_embeds: repeatRows(pooled, copies),
    time_ids: timeIds(run, isNegative),
    ...guidance,
  });
  const zeros = ({ data, shape }: Tensor): Tensor => ({ data: new Float32Array(data.length), shape });
  const nothing = without ?? { hidden: zeros(positive!.hidden), pooled: zeros(positive!.pooled) };
  return { positive: feeds(positive!, false), ...(isGuided ? { negative: feeds(nothing, true) } : {}), truncated: positive!.truncated };
}

/** Stable Diffusion XL: two CLIP encoders, and a UNet that is told sizes. Source: Podell et al. 2023, https://arxiv.org/abs/2307.01952 */
export const stableDiffusionXl: Family = {
  name: 'stable-diffusion-xl',
  pipelineClasses: ['StableDiffusionXL*Pipeline', 'ORTStableDiffusionXL*Pipeline'],
  required: ['text_encoder_2', 'unet'],
  denoiser: unetInput,
  takesEta: true,
  defaults(components, vae) {
    const usual = { numInferenceSteps: 50, guidanceScale: 5, ...trainedSide(components, 'unet', vae, 1024), strength: 0.3, inpaintStrength: 0.9999 };
    return distilledDefaults(components, usual);
  },
  modes: unetModes,
  sizeMultiple: (_components, vae) => vae.scale,
  latentShape: pictureLatents,
  isGuided: isUnetGuided,
  encodePrompts,
};
