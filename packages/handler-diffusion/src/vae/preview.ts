import { TorchGenerator } from '@llmi/tensor';
import { tensorToImage, type PixelImage } from '@llmi/media';
import type { Components } from '../components/components.js';
import { sizeOf, type Tensor } from '../components/tensor.js';
import { finishImage } from '../images/finish-image.js';
import { fitLinear } from './linear-fit.js';
import { decodeLatents, runVae } from './vae.js';
import type { VaeConfig } from './vae-config.js';

/** A small decoder in the layout of TAESD, where the repository has one. */
export const previewDecoder = 'taesd_decoder';

/** Patches of one colour along each side of the picture that shows how latents become colours, and values along each side of a patch. */
const [patches, patchSide] = [8, 3];

/** Makes a small picture of latents [rows, channels, height, width]: of the first row. */
export type PreviewMaker = (latents: Tensor) => Promise<PixelImage>;

/**
 * The cheapest way to see what becomes of a run: a small decoder where there is one; else each value of the latents becomes a pixel, by the linear
 * map that is closest to what the model's own decoder does. That is found out once, by decoding patches of noise.
 */
export async function makePreviewer(components: Components, vae: VaeConfig, signal?: AbortSignal): Promise<PreviewMaker> {
  if (components.has(previewDecoder)) return (latents) => decodeSmall(components, latents, signal);
  const weights = await components.remember('preview', () => fitColours(components, vae));
  return async (latents) => colour(firstRow(latents), weights);
}

const firstRow = ({ data, shape: [, ...rest] }: Tensor): Tensor => ({ data: data.subarray(0, sizeOf(rest)), shape: [1, ...rest] });

async function decodeSmall(components: Components, latents: Tensor, signal?: AbortSignal): Promise<PixelImage> {
  await using lease = await components.lease(previewDecoder, signal);
  const { data, shape } = await runVae(lease.graph, { [lease.graph.inputNames[0]!]: firstRow(latents) }, signal);
  return finishImage(data, shape[3]!, shape[2]!);
}

/** Weights [channels + 1, 3] from latents to colours from 0 to 1. */
async function fitColours(components: Components, vae: VaeConfig): Promise<number[][]> {
  const { latentChannels: channels, scale } = vae;
  const side = patches * patchSide;
  const noise = new TorchGenerator(0).randn(patches * patches * channels);
  const latents = new Float32Array(channels * side * side).map((_, index) => {
    const [channel, y, x] = [Math.floor(index / side ** 2), Math.floor(index / side) % side, index % side];
    return noise[(channel * patches + Math.floor(y / patchSide)) * patches + Math.floor(x / patchSide)]!;
  });
  const { value } = await decodeLatents(components, vae, { data: latents, shape: [1, channels, side, side] }, { tiling: false }).next();
  const planes = value as Tensor;
  const patch = patchSide * scale; // pixels
  const places = Array.from({ length: patches ** 2 }, (_, index) => [Math.floor(index / patches), index % patches] as const);
  const inputs = places.map(([row, column]) => Array.from({ length: channels }, (_, channel) => noise[(channel * patches + row) * patches + column]!));
  return fitLinear(inputs, places.map(([row, column]) => [0, 1, 2].map((plane) => meanOf(planes, plane, row * patch, column * patch, patch) / 2 + 0.5)));
}

function meanOf({ data, shape }: Tensor, plane: number, top: number, left: number, side: number): number {
  const [, , height, width] = shape as [number, number, number, number];
  let sum = 0;
  for (let y = top; y < top + side; y++) {
    for (let x = left; x < left + side; x++) sum += data[(plane * height + y) * width + x]!;
  }
  return sum / side ** 2;
}

/** Each value of the latents as a pixel. */
function colour({ data, shape }: Tensor, weights: readonly (readonly number[])[]): PixelImage {
  const [, channels, height, width] = shape as [number, number, number, number];
  const size = height * width;
  const planes = new Float32Array(3 * size);
  for (let plane = 0; plane < 3; plane++) {
    for (let pixel = 0; pixel < size; pixel++) {
      let value = weights[channels]![plane]!;
      for (let channel = 0; channel < channels; channel++) value += weights[channel]![plane]! * data[channel * size + pixel]!;
      planes[plane * size + pixel] = value;
    }
  }
  return tensorToImage(planes, width, height, 3);
}
