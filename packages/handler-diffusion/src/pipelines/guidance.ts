import type { Feeds, Tensor } from '../components/tensor.js';
import type { Conditioning, Run } from './family.js';

/** One side of the guidance: what the denoiser is told in one of the runs that are weighed against each other. */
export interface Side {
  feeds: Feeds;
  /** Channels [rows, channels, height, width] beside those of the latents. */
  extra?: Tensor;
}

/** The sides in the order in which they are run, and what becomes of the denoiser's answers. */
export interface Guidance {
  sides: readonly Side[];
  combine(answers: readonly Float32Array[]): Float32Array;
}

/** Weighs what the denoiser says with and without the prompt. Source: Ho & Salimans 2022, equation 6, https://arxiv.org/abs/2207.12598 */
export function planGuidance(run: Run, { positive, negative }: Conditioning, extra?: Tensor): Guidance {
  if (!negative) return { sides: [{ feeds: positive, extra }], combine: ([answer]) => answer! };
  if (run.mode === 'instruct') return planInstruction(run, positive, negative, extra!);
  const scale = run.request.trueCfgScale ?? run.guidanceScale;
  const rescale = run.request.guidanceRescale ?? 0;
  const guide = (without: Float32Array, withPrompt: Float32Array) => {
    const guided = weigh(without, withPrompt, scale);
    return rescale > 0 ? rescaleContrast(guided, withPrompt, run.rows, rescale) : guided;
  };
  const sides = { positive: { feeds: positive, extra }, negative: { feeds: negative, extra } };
  if (run.request.trueCfgScale !== undefined) return { sides: [sides.positive, sides.negative], combine: ([withPrompt, without]) => guide(without!, withPrompt!) };
  return { sides: [sides.negative, sides.positive], combine: ([without, withPrompt]) => guide(without!, withPrompt!) };
}

/** Guidance by the instruction and by the picture. Source: Brooks et al. 2022, equation 3, https://arxiv.org/abs/2211.09800 */
function planInstruction(run: Run, positive: Feeds, negative: Feeds, picture: Tensor): Guidance {
  const nothing = { data: new Float32Array(picture.data.length), shape: picture.shape };
  const pictureScale = run.request.imageGuidanceScale ?? defaultImageGuidance;
  return {
    sides: [{ feeds: positive, extra: picture }, { feeds: negative, extra: picture }, { feeds: negative, extra: nothing }],
    combine: ([text, image, none]) =>
      none!.map((value, index) => value + run.guidanceScale * (text![index]! - image![index]!) + pictureScale * (image![index]! - value)),
  };
}

/** Of InstructPix2Pix. Source: StableDiffusionInstructPix2PixPipeline of diffusers. */
export const defaultImageGuidance = 1.5;

function weigh(without: Float32Array, withPrompt: Float32Array, scale: number): Float32Array {
  const result = new Float32Array(without.length);
  for (let index = 0; index < result.length; index++) result[index] = without[index]! + scale * (withPrompt[index]! - without[index]!);
  return result;
}

/** Gives each picture the spread that it has without guidance, by a share. Source: Lin et al. 2023, section 3.4, https://arxiv.org/abs/2305.08891 */
export function rescaleContrast(guided: Float32Array, withPrompt: Float32Array, rows: number, share: number): Float32Array {
  const size = guided.length / rows;
  const result = new Float32Array(guided.length);
  for (let start = 0; start < guided.length; start += size) {
    const ratio = spread(withPrompt.subarray(start, start + size)) / spread(guided.subarray(start, start + size));
    const factor = share * ratio + 1 - share;
    for (let index = start; index < start + size; index++) result[index] = guided[index]! * factor;
  }
  return result;
}

/** Standard deviation, as torch computes it: of a sample. */
function spread(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}
