import { LlmiError } from '@llmi/core';
import type { PipelineRequest } from './pipeline-request.js';

/** Pixels of a side that make sense: below, a VAE has nothing to work on; above, no denoiser has been trained. */
const [shortestSide, longestSide] = [64, 4096];
const mostPictures = 64;
/** Schedulers have 1000 timesteps. */
const mostSteps = 1000;
const mostFrames = 1024;
const mostTokens = 4096;

const invalid = (param: string, message: string, hint?: string) => new LlmiError('INPUT_INVALID', { message, hint, param });

/** Refuses what no graph should see. @throws {LlmiError} INPUT_INVALID that names the field */
export function checkRequest(request: PipelineRequest, multiple: number): void {
  checkPrompts(request);
  for (const side of ['width', 'height'] as const) {
    const pixels = request[side];
    if (pixels !== undefined) checkSide(side, pixels, multiple);
  }
  const inRange = (param: string, value: number | undefined, from: number, to: number) => {
    if (value !== undefined && !(value >= from && value <= to)) throw invalid(param, `"${param}" is ${value}.`, `Use a number from ${from} to ${to}.`);
  };
  checkCount('num_inference_steps', request.numInferenceSteps, mostSteps);
  checkCount('num_images', request.numImagesPerPrompt, mostPictures);
  checkCount('num_frames', request.numFrames, mostFrames);
  checkCount('max_sequence_length', request.maxSequenceLength, mostTokens);
  if (request.strength !== undefined && !(request.strength > 0 && request.strength <= 1)) {
    throw invalid('strength', `A strength of ${request.strength} ${request.strength === 0 ? 'would change nothing' : 'does not exist'}.`, 'Use a number above 0 and at most 1.');
  }
  inRange('guidance_scale', request.guidanceScale, 0, 100);
  inRange('guidance_rescale', request.guidanceRescale, 0, 1);
  inRange('fps', request.frameRate, 1, 120);
  inRange('noise_level', request.noiseLevel, 0, 350);
  inRange('eta', request.eta, 0, 1);
  inRange('denoising_end', request.denoisingEnd, 0, 1);
  inRange('denoising_start', request.denoisingStart, 0, 1);
  if (request.denoisingStart !== undefined && request.denoisingEnd !== undefined && request.denoisingStart >= request.denoisingEnd) {
    throw invalid('denoising_start', 'denoising_start is not before denoising_end.', 'Start where the run before ended.');
  }
  if (request.maskImage && !request.image) throw invalid('image', 'There is a mask, and no picture that it belongs to.', 'Give "image" too.');
}

function checkPrompts(request: PipelineRequest): void {
  const count = typeof request.prompt === 'string' ? 1 : request.prompt.length;
  if (count === 0 || count > mostPictures) throw invalid('prompt', `${count} prompts were given.`, `Give from 1 to ${mostPictures}.`);
  for (const name of ['prompt2', 'prompt3', 'negativePrompt', 'negativePrompt2', 'negativePrompt3'] as const) {
    const value = request[name];
    if (value === undefined || typeof value === 'string' || value.length === count) continue;
    const param = name.replace(/([A-Z]|\d)/g, (mark) => `_${mark.toLowerCase()}`);
    throw invalid(param, `"${param}" holds ${value.length} texts for ${count} prompts.`, 'Give one for all, or one for each.');
  }
}

function checkSide(param: 'width' | 'height', pixels: number, multiple: number): void {
  if (!Number.isInteger(pixels) || pixels < shortestSide || pixels > longestSide) throw invalid(param, `The ${param} is ${pixels} pixels.`, `Use a number from ${shortestSide} to ${longestSide}.`);
  if (pixels % multiple === 0) return;
  const nearest = Math.max(multiple, Math.round(pixels / multiple) * multiple);
  throw invalid(param, `The ${param} of ${pixels} pixels is not a multiple of ${multiple}.`, `Use ${nearest}.`);
}

function checkCount(param: string, count: number | undefined, most: number): void {
  if (count === undefined || (Number.isInteger(count) && count >= 1 && count <= most)) return;
  throw invalid(param, `"${param}" is ${count}.`, `Use a whole number from 1 to ${most}.`);
}

/** @throws {LlmiError} INPUT_INVALID for pictures that do not go together */
export function checkImages({ image, maskImage }: PipelineRequest, { width, height }: { width: number; height: number }): void {
  for (const [param, pixels] of [['width', width], ['height', height]] as const) {
    if (pixels >= shortestSide && pixels <= longestSide) continue;
    throw invalid('image', `The ${param} of the picture is ${pixels} pixels.`, `Make it from ${shortestSide} to ${longestSide}, or give "width" and "height".`);
  }
  if (!image || !maskImage || 'latents' in image) return;
  if (image.width === maskImage.width && image.height === maskImage.height) return;
  throw invalid('mask_image', `The mask has ${maskImage.width} x ${maskImage.height} pixels, the picture ${image.width} x ${image.height}.`, 'Give a mask of the size of the picture.');
}
