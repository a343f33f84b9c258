import type { PixelImage } from '@llmi/media';
import type { Tensor } from '../components/tensor.js';

/** What a pipeline yields while it works; `done` comes once, last. */
export type PipelineEvent =
  | { type: 'stage'; stage: 'encode' | 'decode'; step: number; steps: number }
  /** After every step: the latents as they are then, and what the denoiser said, guidance included. */
  | { type: 'step'; step: number; steps: number; timestep: number; prediction: Float32Array; latents: Tensor; preview?: PixelImage }
  /** A finished picture, or a frame of a film, in order. */
  | { type: 'picture'; index: number; picture: PixelImage }
  | { type: 'done'; result: PipelineResult };

export interface PipelineResult {
  /** Pictures of all prompts, or the frames of all films one after the other. */
  pictures: PixelImage[];
  /** The latents at the end: [pictures, channels, height, width], of films with frames after the channels. */
  latents: Tensor;
  width: number;
  height: number;
  /** Frames of one film, where it is one. */
  frames?: number;
  frameRate?: number;
  /** True for a picture that the repository's safety checker blacked out; absent where there is no checker. */
  flagged?: boolean[];
  /** Ends of prompts that were too long, and did not count. */
  truncated?: readonly string[];
  /** What was used where the request left it open. */
  steps: number;
  guidanceScale: number;
  scheduler: string;
  seed?: number | bigint;
  /** Milliseconds of each stage. */
  timing: Record<string, number>;
}
