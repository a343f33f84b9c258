import type { Components } from '../components/components.js';
import type { Feeds, Tensor } from '../components/tensor.js';
import type { Scheduler, TimestepOptions } from '../schedulers/scheduler.js';
import type { VaeConfig } from '../vae/vae-config.js';
import type { NoiseDraw, PipelineRequest } from './pipeline-request.js';

/** Values that count where a request says nothing. */
export interface PipelineDefaults {
  numInferenceSteps: number;
  guidanceScale: number;
  width: number;
  height: number;
  /** Of image-to-image, and of inpainting. */
  strength: number;
  inpaintStrength: number;
  numFrames?: number;
  frameRate?: number;
}

/** What the way of working follows from: what the request brings and what the model is. */
export type Mode = 'text-to-image' | 'image-to-image' | 'inpaint' | 'instruct' | 'upscale' | 'text-to-video';

/** One request on its way through a pipeline: everything that is fixed before the first graph runs. */
export interface Run {
  components: Components;
  vae: VaeConfig;
  mode: Mode;
  request: PipelineRequest;
  defaults: PipelineDefaults;
  width: number;
  height: number;
  steps: number;
  guidanceScale: number;
  /** Whether a negative prompt is looked at too. */
  isGuided: boolean;
  prompts: readonly string[];
  /** Pictures for each prompt. */
  copies: number;
  /** Pictures in all. */
  rows: number;
  /** [rows, channels, height, width], of films with frames after the channels. */
  latentShape: readonly number[];
  scheduler: Scheduler;
  draw: NoiseDraw;
  /** Where the draws are those of a seed. */
  seed?: number | bigint;
  /** Of a film: its frames, and how many make a second. */
  frames?: number;
  frameRate?: number;
  signal: AbortSignal | undefined;
}

/** A run before its latents are known, and before there is noise. */
export type UnplannedRun = Omit<Run, 'latentShape' | 'scheduler' | 'draw'>;
export type UndrawnRun = Omit<Run, 'draw'>;

/** What the denoiser is told, beside the latents and the timestep. Rows of every tensor: one for each picture. */
export interface Conditioning {
  positive: Feeds;
  /** Present where the run is guided. */
  negative?: Feeds;
  /** The same for every picture, such as positions. */
  shared?: Feeds;
  /** Ends of prompts that were too long for the text encoder. */
  truncated?: readonly string[];
}

/** How the latents and the timestep are handed to a denoiser. */
export interface DenoiserInput {
  /** Part of the model: unet or transformer. */
  component: 'unet' | 'transformer';
  /** Names of its inputs for latents and timestep; the output is its first. */
  sample: string;
  timestep: string;
  /** Whether each row is given its own timestep. */
  timestepByRow: boolean;
  /** What a timestep is divided by. */
  timestepScale: number;
  /** Whether the sides of the guidance share one run. */
  batchesGuidance: boolean;
}

/** A family of models that are run alike: what sets it apart from the others. */
export interface Family {
  name: string;
  /** As in "StableDiffusion*": classes of model_index.json. */
  pipelineClasses: readonly string[];
  /** Parts without which nothing works, beside scheduler and VAE. */
  required: readonly string[];
  denoiser: DenoiserInput;
  defaults(components: Components, vae: VaeConfig): PipelineDefaults;
  modes(components: Components, vae: VaeConfig): readonly Mode[];
  /** Sides of a picture are multiples of this. */
  sizeMultiple(components: Components, vae: VaeConfig): number;
  latentShape(run: UnplannedRun): readonly number[];
  isGuided(run: Pick<Run, 'components' | 'request' | 'guidanceScale' | 'mode'>): boolean;
  /** Arguments of `setTimesteps` beside those of the request. */
  timestepOptions?(run: UndrawnRun): TimestepOptions;
  /** Settings that diffusers' pipeline puts right in old scheduler configurations, whatever they say. */
  schedulerCorrections?(run: UnplannedRun): Readonly<Record<string, unknown>>;
  /** Whether diffusers hands `eta` to the scheduler's step. */
  takesEta: boolean;
  encodePrompts(run: Run): Promise<Conditioning>;
  /** Latents as the denoiser takes them, where that is another order of the values. */
  pack?(latents: Tensor, run: Run): Tensor;
  unpack?(latents: Tensor, run: Run): Tensor;
  /** The latents [1, channels, height, width] of the frame that a film is previewed by. */
  previewFrame?(latents: Tensor): Tensor;
  /** Planes [1, 3, height, width] of every picture or frame, where the VAE is not one of pictures. */
  decode?(run: Run, latents: Tensor): AsyncGenerator<Tensor>;
}
