import { blankImage, type PixelImage } from './pixel-image.js';

export interface NormalizeOptions {
  /** Value of a byte: `byte * scale + offset`. Default: 1/255 and 0. */
  scale?: number;
  offset?: number;
  /** By channel; default: 0 and 1. */
  mean?: readonly number[];
  std?: readonly number[];
  /** Blue first. */
  bgr?: boolean;
}

const single = Math.fround;

/**
 * Writes an image as planes of float32, channel by channel, `(byte * scale + offset - mean) / std`, as numpy computes it in float32.
 *
 * Shapes: `target` [channels, rows, columns] with `columns` at least the image's width (the rest is left alone), written from `start`.
 */
export function writePlanes(image: PixelImage, options: NormalizeOptions, target: Float32Array, start: number, rows: number, columns: number): void {
  const { data, channels, width, height } = image;
  for (let channel = 0; channel < channels; channel++) {
    const table = normalizeTable(options, channel);
    const source = options.bgr && channels === 3 ? 2 - channel : channel;
    for (let y = 0; y < height; y++) {
      let from = y * width * channels + source;
      const row = start + (channel * rows + y) * columns;
      for (let x = 0; x < width; x++, from += channels) target[row + x] = table[data[from]!]!;
    }
  }
}

/** What each of the 256 bytes becomes in one channel. */
function normalizeTable({ scale = 1 / 255, offset = 0, mean, std }: NormalizeOptions, channel: number): Float32Array {
  const table = new Float32Array(256);
  const [center, spread] = [single(mean?.[channel] ?? 0), single(std?.[channel] ?? 1)];
  for (let byte = 0; byte < 256; byte++) {
    const value = single(byte * scale + offset);
    table[byte] = mean || std ? single(single(value - center) / spread) : value;
  }
  return table;
}

/** The image as one tensor [channels, height, width]. */
export function imageToTensor(image: PixelImage, options: NormalizeOptions = {}): Float32Array {
  const tensor = new Float32Array(image.width * image.height * image.channels);
  writePlanes(image, options, tensor, 0, image.height, image.width);
  return tensor;
}

/** Planes [channels, height, width] of numbers from 0 to 1 as an image: rounded, and cut at both ends. */
export function tensorToImage(planes: Float32Array, width: number, height: number, channels: PixelImage['channels']): PixelImage {
  const image = blankImage(width, height, channels);
  const size = width * height;
  for (let channel = 0; channel < channels; channel++) {
    for (let pixel = 0; pixel < size; pixel++) {
      image.data[pixel * channels + channel] = Math.min(255, Math.max(0, Math.round(planes[channel * size + pixel]! * 255)));
    }
  }
  return image;
}
