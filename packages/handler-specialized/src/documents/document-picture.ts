import { imageToTensor, padImage, resizeImage, type PixelImage, type ResizeFilter } from '@llmi/media';
import type { OnnxTensor, OnnxValueInfo } from '@llmi/runtime-onnx';
import { floatTensor } from '@llmi/runtime-transformers';

type Json = Record<string, unknown>;

/** How pictures of documents are prepared: preprocessor_config.json, as far as it counts here. */
export interface PicturePlan {
  width: number;
  height: number;
  filter: ResizeFilter;
  /** Donut: turned to the long side of the paper, fitted in and padded; otherwise stretched to the size. */
  keepsAspect: boolean;
  alignsLongSide: boolean;
  mean?: readonly number[];
  std?: readonly number[];
  scale: number;
}

/** Pillow's numbers for filters. */
const filters: readonly ResizeFilter[] = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'];
const usualFilter: ResizeFilter = 'bilinear';
/** What Donut fits a picture in with, whatever `resample` says. */
const shrinkingFilter: ResizeFilter = 'bicubic';
const half = [0.5, 0.5, 0.5];

/** Source: ViTImageProcessor, DeiTImageProcessor and DonutImageProcessor of transformers 4.57 */
export function readPicturePlan(preprocessor: Json | undefined, config: Json): PicturePlan {
  const encoder = (config.encoder ?? {}) as Json;
  const { width, height } = sizeOf(preprocessor?.size) ?? sizeOf(encoder.image_size) ?? { width: 384, height: 384 };
  const type = String(preprocessor?.image_processor_type ?? preprocessor?.feature_extractor_type ?? '');
  const resample = preprocessor?.resample;
  const normalizes = preprocessor?.do_normalize !== false;
  return {
    width,
    height,
    filter: typeof resample === 'number' ? (filters[resample] ?? usualFilter) : usualFilter,
    keepsAspect: /Donut|Nougat/.test(type),
    alignsLongSide: preprocessor?.do_align_long_axis === true,
    ...(normalizes ? { mean: numbersOf(preprocessor?.image_mean) ?? half, std: numbersOf(preprocessor?.image_std) ?? half } : {}),
    scale: typeof preprocessor?.rescale_factor === 'number' ? preprocessor.rescale_factor : 1 / 255,
  };
}

/** A picture as the encoder takes it: [1, channels, height, width]. */
export function pictureTensor(picture: PixelImage, plan: PicturePlan, { dtype }: OnnxValueInfo): OnnxTensor {
  const fitted = plan.keepsAspect ? fitToPaper(picture, plan) : resizeImage(picture, { width: plan.width, height: plan.height, filter: plan.filter });
  const data = imageToTensor(fitted, { scale: plan.scale, mean: plan.mean, std: plan.std });
  return floatTensor({ dtype: 'float32', shape: [1, fitted.channels, fitted.height, fitted.width], data }, dtype);
}

function fitToPaper(given: PixelImage, { width, height, filter, alignsLongSide }: PicturePlan): PixelImage {
  const turns = alignsLongSide && (height > width) !== (given.height > given.width) && given.height !== given.width && height !== width;
  const picture = turns ? turnRight(given) : given;
  const shortest = Math.min(width, height);
  const [short, long] = picture.width <= picture.height ? [picture.width, picture.height] : [picture.height, picture.width];
  const grownLong = Math.trunc((shortest * long) / short);
  const grown = resizeImage(picture, picture.width <= picture.height ? { width: shortest, height: grownLong, filter } : { width: grownLong, height: shortest, filter });
  const inside = fitInto(grown, width, height);
  const fitted = inside.width === grown.width && inside.height === grown.height ? grown : resizeImage(grown, { ...inside, filter: shrinkingFilter });
  const [left, top] = [Math.floor((width - fitted.width) / 2), Math.floor((height - fitted.height) / 2)];
  return padImage(fitted, { left, top, right: width - fitted.width - left, bottom: height - fitted.height - top });
}

function fitInto(picture: PixelImage, mostWidth: number, mostHeight: number): { width: number; height: number } {
  let [width, height] = [Math.min(picture.width, mostWidth), Math.min(picture.height, mostHeight)];
  if (width === picture.width && height === picture.height) return { width, height };
  if (picture.height > picture.width) width = Math.trunc((picture.width * height) / picture.height);
  else if (picture.width > picture.height) height = Math.trunc((picture.height * width) / picture.width);
  return { width, height };
}

/** By 90 degrees, clockwise: numpy's rot90(image, 3). */
function turnRight({ width, height, channels, data }: PixelImage): PixelImage {
  const turned = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const to = (x * height + (height - 1 - y)) * channels;
      turned.set(data.subarray((y * width + x) * channels, (y * width + x + 1) * channels), to);
    }
  }
  return { width: height, height: width, channels, data: turned };
}

function sizeOf(value: unknown): { width: number; height: number } | undefined {
  if (typeof value === 'number') return { width: value, height: value };
  if (Array.isArray(value) && typeof value[0] === 'number') return { width: value[0], height: typeof value[1] === 'number' ? value[1] : value[0] }; // Donut's older files: [width, height]
  if (typeof value !== 'object' || value === null) return undefined;
  const { width, height } = value as Json;
  return typeof width === 'number' && typeof height === 'number' ? { width, height } : undefined;
}

function numbersOf(value: unknown): number[] | undefined {
  if (typeof value === 'number') return [value, value, value];
  return Array.isArray(value) && value.every((item) => typeof item === 'number') ? value : undefined;
}
