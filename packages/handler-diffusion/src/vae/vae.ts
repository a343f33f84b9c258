import { LlmiError } from '@llmi/core';
import type { Components } from '../components/components.js';
import type { Graph } from '../components/graph.js';
import { concatRows, sizeOf, type Feeds, type Tensor } from '../components/tensor.js';
import { scaleLatents, unscaleLatents } from './scale-latents.js';
import { inTiles } from './tiling.js';
import type { VaeConfig } from './vae-config.js';

export interface VaeOptions {
  /** Decodes and encodes large pictures in tiles. `auto`: above 1536 x 1536 pixels. */
  tiling: boolean | 'auto';
  signal?: AbortSignal;
}

/** Pixels above which a VAE needs more memory than most denoisers: about 8 GB. */
const largestWhole = 1536 * 1536;

/**
 * Latents [pictures, channels, height, width] of the denoiser as pictures, one at a time: planes [3, height, width] from -1 to 1.
 * @throws {LlmiError} MODEL_FILE_MISSING, MEMORY_INSUFFICIENT
 */
export async function* decodeLatents(components: Components, config: VaeConfig, latents: Tensor, options: VaeOptions): AsyncGenerator<Tensor> {
  await using lease = await components.lease('vae_decoder', options.signal);
  const { graph } = lease;
  const [rows, ...rest] = latents.shape as [number, ...number[]];
  for (let row = 0; row < rows; row++) {
    const one = { data: latents.data.subarray(row * sizeOf(rest), (row + 1) * sizeOf(rest)), shape: [1, ...rest] };
    const work = (tile: Tensor) => runVae(graph, { latent_sample: tile }, options.signal);
    yield await whole(unscaleLatents(one, config), config, options, work, 'decode');
  }
}

/** A part of a VAE has one output, whatever its name. */
export function runVae(graph: Graph, feeds: Feeds, signal?: AbortSignal): Promise<Tensor> {
  return graph.compute(graph.tensors(feeds), graph.outputNames[0]!, signal);
}

/** How latents are taken from what the encoder says of a picture. */
export type Posterior = 'mean' | ((shape: readonly number[]) => Float32Array);

/** Limits of the logarithm of the variance. Source: DiagonalGaussianDistribution of diffusers. */
const [lowestLogVariance, highestLogVariance] = [-30, 20];

/**
 * Latents [pictures, channels, height, width] of pictures [1, 3, height, width] from -1 to 1, scaled for the denoiser unless `isRaw`. They are
 * drawn from the posterior with unit noise, or are its mean.
 */
export async function encodeImages(components: Components, config: VaeConfig, images: readonly Tensor[], posterior: Posterior, options: VaeOptions & { isRaw?: boolean }): Promise<Tensor> {
  await using lease = await components.lease('vae_encoder', options.signal);
  const { graph } = lease;
  const encoded: Tensor[] = [];
  for (const image of images) encoded.push(await whole(image, config, options, (tile) => runVae(graph, { [graph.inputNames[0]!]: tile }, options.signal), 'encode'));
  const latents = takeLatents(concatRows(encoded), config.latentChannels, graph.outputNames[0]!, posterior);
  return options.isRaw ? latents : scaleLatents(latents, config);
}

/** Mean and logarithm of the variance side by side, or latents that were taken by the graph itself. */
function takeLatents(parameters: Tensor, channels: number, output: string, posterior: Posterior): Tensor {
  const [rows, found, ...rest] = parameters.shape as [number, number, ...number[]];
  if (found === channels) return parameters;
  if (found !== 2 * channels) {
    throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: `The VAE encoder gives ${found} channels as "${output}"; the VAE has ${channels}.`, hint: 'Export the model with optimum.' });
  }
  const shape = [rows, channels, ...rest];
  const noise = posterior === 'mean' ? undefined : posterior(shape);
  const size = channels * sizeOf(rest);
  const data = new Float32Array(rows * size);
  for (let row = 0; row < rows; row++) {
    const from = row * 2 * size;
    for (let at = 0; at < size; at++) {
      const mean = parameters.data[from + at]!;
      const logVariance = Math.min(highestLogVariance, Math.max(lowestLogVariance, parameters.data[from + size + at]!));
      data[row * size + at] = noise ? mean + Math.exp(0.5 * logVariance) * noise[row * size + at]! : mean;
    }
  }
  return { data, shape };
}

function whole(input: Tensor, { scale, sampleSize }: VaeConfig, { tiling }: VaeOptions, work: (tile: Tensor) => Promise<Tensor>, way: 'decode' | 'encode'): Promise<Tensor> {
  const [height, width] = input.shape.slice(-2) as [number, number];
  const pixels = way === 'decode' ? height * width * scale ** 2 : height * width;
  const latentSide = Math.trunc(sampleSize / scale);
  const side = way === 'decode' ? latentSide : sampleSize;
  if (input.shape.length !== 4 || tiling === false || (tiling === 'auto' && pixels <= largestWhole) || (height <= side && width <= side)) return work(input);
  const [inputSide, outputSide] = way === 'decode' ? [latentSide, sampleSize] : [sampleSize, latentSide];
  return inTiles(input, { inputSide, outputSide }, work);
}
