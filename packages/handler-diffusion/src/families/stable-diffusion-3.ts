import { concatColumns, repeatRows, type Feeds, type Tensor } from '../components/tensor.js';
import type { Conditioning, Family, Run } from '../pipelines/family.js';
import { encodeClip, type ClipPrompts, type ClipText } from '../text/clip-encoder.js';
import { encodeT5 } from '../text/t5-encoder.js';
import { shiftFor, takesSigmas } from './flow-shift.js';
import { textsFor } from './prompt-lists.js';
import { distilledDefaults, pictureLatents, trainedSide } from './unet.js';

const usualMaxLength = 256;

/** The prompts of the three encoders. */
interface Texts {
  first: readonly string[];
  second: readonly string[];
  third: readonly string[];
  skip: number;
}

const patchSize = ({ patch_size }: Record<string, unknown>) => (typeof patch_size === 'number' ? patch_size : 2);

/** T5's states; zeros where the repository has no T5, which is optional. */
async function encodeLong({ components, request, signal }: Run, texts: readonly Texts[]): Promise<Tensor[]> {
  const maxLength = request.maxSequenceLength ?? usualMaxLength;
  if (components.has('text_encoder_3')) return (await encodeT5(components, 'text_encoder_3', texts.map(({ third }) => third), { maxLength, signal })).map(({ hidden }) => hidden);
  const width = Number(components.config('transformer').joint_attention_dim ?? 4096);
  return texts.map(({ third }) => ({ data: new Float32Array(third.length * maxLength * width), shape: [third.length, maxLength, width] }));
}

async function encodePrompts(run: Run): Promise<Conditioning> {
  const { components, request, prompts, copies, isGuided, signal } = run;
  const negative = textsFor(prompts, request.negativePrompt, prompts.map(() => ''));
  const texts: Texts[] = [
    { first: prompts, second: textsFor(prompts, request.prompt2, prompts), third: textsFor(prompts, request.prompt3, prompts), skip: (request.clipSkip ?? 0) + 1 },
    { first: negative, second: textsFor(prompts, request.negativePrompt2, negative), third: textsFor(prompts, request.negativePrompt3, negative), skip: 1 },
  ].slice(0, isGuided ? 2 : 1);
  const lists = (which: 'first' | 'second'): ClipPrompts[] => texts.map((text) => ({ prompts: text[which], hidden: { skip: text.skip, normalizes: false } }));
  const options = { signal, weighting: request.weighting, longPrompts: request.longPrompts, pooled: 'text_embeds' } as const;
  const first = await encodeClip(components, 'text_encoder', lists('first'), options);
  const second = await encodeClip(components, 'text_encoder_2', lists('second'), options);
  const long = await encodeLong(run, texts);
  const [positive, without] = texts.map((_, index): Feeds => ({
    encoder_hidden_states: repeatRows(joinTexts(first[index]!, second[index]!, long[index]!), copies),
    pooled_projections: repeatRows(concatColumns(first[index]!.pooled!, second[index]!.pooled!), copies),
  }));
  return { positive: positive!, ...(without ? { negative: without } : {}) };
}

/** Both CLIP states side by side, filled up with zeros to the width of T5's, which follow them: [prompts, tokens, channels]. */
function joinTexts(first: ClipText, second: ClipText, long: Tensor): Tensor {
  const [rows, clipTokens] = first.hidden.shape as [number, number, number];
  const [, longTokens, width] = long.shape as [number, number, number];
  const clip = concatColumns(first.hidden, second.hidden);
  const clipWidth = clip.shape[2]!;
  const [tokens, longSize] = [clipTokens + longTokens, longTokens * width];
  const data = new Float32Array(rows * tokens * width);
  for (let row = 0; row < rows; row++) {
    for (let token = 0; token < clipTokens; token++) {
      const from = (row * clipTokens + token) * clipWidth;
      data.set(clip.data.subarray(from, from + clipWidth), (row * tokens + token) * width);
    }
    data.set(long.data.subarray(row * longSize, (row + 1) * longSize), (row * tokens + clipTokens) * width);
  }
  return { data, shape: [rows, tokens, width] };
}

/** Stable Diffusion 3 and 3.5: a transformer over picture and text. Source: Esser et al. 2024, https://arxiv.org/abs/2403.03206 */
export const stableDiffusion3: Family = {
  name: 'stable-diffusion-3',
  pipelineClasses: ['StableDiffusion3*Pipeline', 'ORTStableDiffusion3*Pipeline'],
  required: ['text_encoder', 'text_encoder_2', 'transformer'],
  denoiser: { component: 'transformer', sample: 'hidden_states', timestep: 'timestep', timestepByRow: true, timestepScale: 1, batchesGuidance: true },
  takesEta: false,
  defaults: (components, vae) => distilledDefaults(components, { numInferenceSteps: 28, guidanceScale: 7, ...trainedSide(components, 'transformer', vae, 1024), strength: 0.6, inpaintStrength: 0.6 }),
  modes: (components) => (components.has('vae_encoder') ? ['text-to-image', 'image-to-image'] : ['text-to-image']),
  sizeMultiple: (components, vae) => vae.scale * patchSize(components.config('transformer')),
  latentShape: pictureLatents,
  isGuided: ({ guidanceScale }) => guidanceScale > 1,
  timestepOptions({ scheduler, components, width, height, vae }) {
    if (scheduler.config.use_dynamic_shifting !== true || !takesSigmas(scheduler)) return {};
    const side = (pixels: number) => Math.floor(Math.floor(pixels / vae.scale) / patchSize(components.config('transformer')));
    return { mu: shiftFor(side(width) * side(height), scheduler, 1.16) };
  },
  encodePrompts,
};
