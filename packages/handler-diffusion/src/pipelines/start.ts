import { LlmiError } from '@llmi/core';
import { repeatRows, sizeOf, tileRows, type Tensor } from '../components/tensor.js';
import { maskImage, prepareImage, prepareMask, shrinkMask } from '../images/prepare-image.js';
import { createScheduler } from '../schedulers/create-scheduler.js';
import { encodeImages } from '../vae/vae.js';
import type { Family, Run } from './family.js';

/** Where a run starts from. */
export interface Start {
  /** As the denoiser takes them. */
  latents: Tensor;
  /** Channels beside the latents: mask and masked picture, or the picture to change. */
  extra?: Tensor;
  /** What is done to the latents after each step, given the timestep of the next one where there is one. */
  blend?: (latents: Float32Array, next: number | undefined) => Float32Array;
}

/** Noise over a picture that is enlarged. */
export const usualNoiseLevel = 20;

/** 3 latents: from noise, or from a picture. Draws are asked for in the order of diffusers. */
export async function prepareStart(family: Family, run: Run): Promise<Start> {
  switch (run.mode) {
    case 'text-to-image':
    case 'text-to-video':
      return { latents: fromNoise(family, run) };
    case 'image-to-image':
      return { latents: await fromPicture(family, run) };
    case 'inpaint':
      return prepareInpainting(family, run);
    case 'upscale':
      return prepareEnlarging(family, run);
    case 'instruct': {
      const picture = await encodeImages(run.components, run.vae, [prepareImage(pixelsOf(run), run)], 'mean', { ...vaeOptions(run), isRaw: true });
      return { latents: fromNoise(family, run), extra: repeatRows(picture, run.rows) };
    }
  }
}

export const vaeOptions = ({ request, signal }: Run) => ({ tiling: request.vaeTiling ?? ('auto' as const), signal });

function pixelsOf({ request: { image } }: Run) {
  if (image && !('latents' in image)) return image;
  throw new LlmiError('INPUT_UNSUPPORTED', { message: 'Latents were given where a picture is needed.', hint: 'Give the picture itself.', param: 'image' });
}

/** Unit noise, as strong as the scheduler starts with. */
function fromNoise(family: Family, run: Run): Tensor {
  const given = run.request.latents;
  const pack = (latents: Tensor) => family.pack?.(latents, run) ?? latents;
  const unit = given ? checkLatents(given, run, pack) : pack({ data: run.draw(run.latentShape), shape: run.latentShape });
  const { initNoiseSigma } = run.scheduler;
  return { data: unit.data.map((value) => value * initNoiseSigma), shape: unit.shape };
}

/** Latents of a request: in the shape of the VAE, or in that of the denoiser where it has another. */
function checkLatents(latents: Tensor, { latentShape }: Run, pack: (latents: Tensor) => Tensor): Tensor {
  const same = (shape: readonly number[]) => shape.length === latents.shape.length && shape.every((size, index) => size === latents.shape[index]);
  if (sizeOf(latents.shape) === latents.data.length && sizeOf(latentShape) === latents.data.length) {
    if (same(latentShape)) return pack(latents);
    const packed = pack({ data: new Float32Array(latents.data.length), shape: latentShape });
    if (same(packed.shape)) return latents;
  }
  throw new LlmiError('INPUT_INVALID', { message: `The latents have the shape [${latents.shape.join(', ')}]; this picture takes [${latentShape.join(', ')}].`, hint: 'Give latents that go with the size and the number of pictures.', param: 'latents' });
}

/** Latents of the request's picture for every row, without noise. */
async function encodePicture(run: Run): Promise<Tensor> {
  const { image } = run.request;
  if (image && 'latents' in image) return spreadRows(image.latents, run);
  const { components, vae } = run;
  return spreadRows(await encodeImages(components, vae, [prepareImage(pixelsOf(run), run)], run.draw, vaeOptions(run)), run);
}

function spreadRows(latents: Tensor, { rows, latentShape }: Run): Tensor {
  const [given, ...rest] = latents.shape;
  if (rows % given! === 0 && rest.join() === latentShape.slice(1).join() && sizeOf(latents.shape) === latents.data.length) return tileRows(latents, rows / given!);
  throw new LlmiError('INPUT_INVALID', { message: `The picture has latents of [${latents.shape.join(', ')}]; this run takes [${latentShape.join(', ')}].`, hint: 'Give latents of that size, of one picture or of each.', param: 'image' });
}

async function fromPicture(family: Family, run: Run): Promise<Tensor> {
  const picture = await encodePicture(run);
  const { scheduler, latentShape } = run;
  const start = run.request.denoisingStart === undefined ? scheduler.addNoise(picture.data, run.draw(latentShape), scheduler.timesteps[0]!) : picture.data;
  const latents = { data: start, shape: latentShape };
  return family.pack?.(latents, run) ?? latents;
}

/**
 * Painting inside a mask. Denoisers made for it are given the mask and the rest of the picture; for others the rest is put back after each
 * step, with the noise of that step. Source: the inpainting pipelines of Stable Diffusion and SDXL in diffusers.
 */
async function prepareInpainting(family: Family, run: Run): Promise<Start> {
  const { components, vae, scheduler, latentShape, rows } = run;
  const [, channels, height, width] = latentShape as [number, number, number, number];
  const inputs = run.components.config('unet').in_channels;
  const isTrainedForIt = inputs === 2 * channels + 1;
  const startsFromNoise = run.request.strength === 1 || (run.request.strength === undefined && run.defaults.inpaintStrength === 1);
  const pixels = prepareImage(pixelsOf(run), run);
  const picture = !isTrainedForIt || !startsFromNoise ? spreadRows(await encodeImages(components, vae, [pixels], run.draw, vaeOptions(run)), run) : undefined;
  const noise = run.draw(latentShape);
  const first = startsFromNoise ? noise.map((value) => value * scheduler.initNoiseSigma) : scheduler.addNoise(picture!.data, noise, scheduler.timesteps[0]!);
  const mask = prepareMask(run.request.maskImage!, run);
  const small = tileRows(shrinkMask(mask, height, width), rows);
  const latents = { data: first, shape: latentShape };
  if (isTrainedForIt) {
    const masked = spreadRows(await encodeImages(components, vae, [maskImage(pixels, mask)], run.draw, vaeOptions(run)), run);
    return { latents, extra: joinChannels(small, masked) };
  }
  run.draw([1, ...latentShape.slice(1)]); // diffusers encodes the masked picture here too, and makes no use of it
  return { latents, blend: keepOutside(run, picture!.data, noise, small.data) };
}

/** The small picture, a little noisy, beside latents of its size. Source: StableDiffusionUpscalePipeline of diffusers. */
async function prepareEnlarging(family: Family, run: Run): Promise<Start> {
  const picture = prepareImage(pixelsOf(run), run);
  const noise = run.draw(picture.shape);
  const noisier = createScheduler(await run.components.schedulerConfig('low_res_scheduler'));
  const noisy = noisier.addNoise(picture.data, noise, run.request.noiseLevel ?? usualNoiseLevel);
  return { latents: fromNoise(family, run), extra: repeatRows({ data: noisy, shape: picture.shape }, run.rows) };
}

/** Puts the picture, as noisy as the next step expects it, back where the mask is 0. */
function keepOutside({ scheduler, latentShape }: Run, picture: Float32Array, noise: Float32Array, mask: Float32Array): NonNullable<Start['blend']> {
  const [, channels, ...rest] = latentShape as [number, number, ...number[]];
  const [plane, row] = [sizeOf(rest), channels * sizeOf(rest)];
  return (latents, next) => {
    const outside = next === undefined ? picture : scheduler.addNoise(picture, noise, next);
    return latents.map((value, at) => {
      const share = mask[Math.floor(at / row) * plane + (at % plane)]!;
      return (1 - share) * outside[at]! + share * value;
    });
  };
}

/** Tensors [rows, channels, height, width] with the channels of both. */
function joinChannels(left: Tensor, right: Tensor): Tensor {
  const [rows, leftChannels, height, width] = left.shape as [number, number, number, number];
  const channels = leftChannels + right.shape[1]!;
  const data = new Float32Array(rows * channels * height * width);
  const [leftSize, rightSize] = [left.data.length / rows, right.data.length / rows];
  for (let row = 0; row < rows; row++) {
    data.set(left.data.subarray(row * leftSize, (row + 1) * leftSize), row * (leftSize + rightSize));
    data.set(right.data.subarray(row * rightSize, (row + 1) * rightSize), row * (leftSize + rightSize) + leftSize);
  }
  return { data, shape: [rows, channels, height, width] };
}
