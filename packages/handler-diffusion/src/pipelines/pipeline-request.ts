import type { PixelImage } from '@llmi/media';
import type { Tensor } from '../components/tensor.js';
import type { PromptOptions } from '../text/clip-encoder.js';

/** Height and width, or rows and columns from the top left: in the order of diffusers. */
export type Pair = readonly [number, number];

/** A picture in memory, or a picture's latents as another pipeline gave them. */
export type InitialImage = PixelImage | { latents: Tensor };

/** One draw of unit Gaussian noise, `[...shape]` values. Asked in the order in which diffusers draws. */
export type NoiseDraw = (shape: readonly number[]) => Float32Array;

/** What a pipeline is asked for. Where a field is missing, the pipeline's own default counts; the names are those of diffusers. */
export interface PipelineRequest extends PromptOptions {
  /** One or several; several make a batch. */
  prompt: string | readonly string[];
  negativePrompt?: string | readonly string[];
  /** For the second and third text encoder, where there are several. */
  prompt2?: string | readonly string[];
  prompt3?: string | readonly string[];
  negativePrompt2?: string | readonly string[];
  negativePrompt3?: string | readonly string[];
  numInferenceSteps?: number;
  guidanceScale?: number;
  /** Takes back the contrast that guidance adds, 0 to 1. Source: Lin et al. 2023, section 3.4, https://arxiv.org/abs/2305.08891 */
  guidanceRescale?: number;
  /** Flux: guidance by a negative prompt, beside the guidance that it was distilled with. */
  trueCfgScale?: number;
  /** InstructPix2Pix: how closely to keep to the picture. */
  imageGuidanceScale?: number;
  width?: number;
  height?: number;
  /** Pictures for each prompt. */
  numImagesPerPrompt?: number;
  /** How much of the picture to change, above 0 and at most 1. */
  strength?: number;
  /** The picture to start from. */
  image?: InitialImage;
  /** Enlarging: how much noise is laid over the picture, 0 to 350; more lets the model change more. */
  noiseLevel?: number;
  /** White where it is painted anew. */
  maskImage?: PixelImage;
  /** One picture for each ControlNet. */
  controlImages?: readonly PixelImage[];
  controlnetConditioningScale?: number;
  /** Part of the steps in which the ControlNets count. */
  controlGuidanceStart?: number;
  controlGuidanceEnd?: number;
  /** A common name, a class name, or a whole configuration. */
  scheduler?: string | object;
  timesteps?: readonly number[];
  sigmas?: readonly number[];
  /** LCM: steps of the distillation. */
  originalInferenceSteps?: number;
  /** DDIM and TCD: how much noise is added. */
  eta?: number;
  clipSkip?: number;
  /** Same seed, same picture: as a generator of torch on a CPU. */
  seed?: number | bigint;
  /** Draws of noise instead of those of a seed. */
  noise?: NoiseDraw;
  /** Unit noise to start from. */
  latents?: Tensor;
  /** SDXL: share of the run that ends here, to be gone on with by a refiner. */
  denoisingEnd?: number;
  /** SDXL: share of the run that was done already; `image` then holds its latents. */
  denoisingStart?: number;
  originalSize?: Pair;
  targetSize?: Pair;
  cropsCoordsTopLeft?: Pair;
  negativeOriginalSize?: Pair;
  negativeTargetSize?: Pair;
  negativeCropsCoordsTopLeft?: Pair;
  aestheticScore?: number;
  negativeAestheticScore?: number;
  /** Tokens of T5. */
  maxSequenceLength?: number;
  numFrames?: number;
  frameRate?: number;
  decodeTimestep?: number;
  decodeNoiseScale?: number;
  /** Decodes large pictures in tiles; default `auto`. */
  vaeTiling?: boolean | 'auto';
  /** `latents` leaves out the decoding. */
  output?: 'image' | 'latents';
  /** Asked after each step but the last whether a preview of it is wanted. */
  wantsPreview?: () => boolean;
}
