import { cropImage, imageToTensor, padImage, resizeFilters, resizeImage, toRgb, type PixelImage, type ResizeFilter } from '@llmi/media';

import type { PatchPlan } from './patches.js';
import type { PreparedPicture } from './prepared-picture.js';
import type { TilePlan } from './tiles.js';

type Json = Record<string, unknown>;

/** How a picture is prepared: preprocessor_config.json. */
export interface PicturePlan {
  /** Fitted to this size as it is, or with its short side. */
  resize: { width: number; height: number } | { shortest: number } | undefined;
  crop: { width: number; height: number } | undefined;
  /** Made square first, with the mean colour around it. Source: `image_aspect_ratio: "pad"` of LLaVA 1.5 */
  padsToSquare: boolean;
  filter: ResizeFilter;
  scale: number;
  mean: readonly number[];
  std: readonly number[];
}

/** Pillow's numbers for filters. */
const filters: readonly ResizeFilter[] = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'];
const half = [0.5, 0.5, 0.5];
const clipMean = [0.48145466, 0.4578275, 0.40821073];
const clipStd = [0.26862954, 0.26130258, 0.27577711];

/** Source: CLIPImageProcessor and SiglipImageProcessor of transformers 4.57 */
export function readPicturePlan(preprocessor: Json, config: Json): PicturePlan {
  const vision = (config.vision_config ?? {}) as Json;
  const own = typeof vision.image_size === 'number' ? vision.image_size : 336;
  const size = preprocessor.size ?? { height: own, width: own };
  const normalizes = preprocessor.do_normalize !== false;
  const filter = typeof preprocessor.resample === 'number' ? filters[preprocessor.resample] : undefined;
  return {
    resize: preprocessor.do_resize === false ? undefined : resizeOf(size, own),
    crop: preprocessor.do_center_crop === true ? boxOf(preprocessor.crop_size, own) : undefined,
    padsToSquare: preprocessor.do_pad === true || config.image_aspect_ratio === 'pad',
    filter: filter !== undefined && (resizeFilters as readonly string[]).includes(filter) ? filter : 'bicubic',
    scale: preprocessor.do_rescale === false ? 1 : typeof preprocessor.rescale_factor === 'number' ? preprocessor.rescale_factor : 1 / 255,
    mean: normalizes ? (numbersOf(preprocessor.image_mean) ?? clipMean) : [0, 0, 0],
    std: normalizes ? (numbersOf(preprocessor.image_std) ?? clipStd) : [1, 1, 1],
  };
}

/** For towers that see a picture in squares. Source: Idefics3ImageProcessor of transformers 4.57 */
export function readTilePlan(preprocessor: Json, config: Json): TilePlan {
  const { filter: _filter, ...plan } = readPicturePlan({ image_mean: half, image_std: half, ...preprocessor }, config);
  const side = (value: unknown, usual: number) => (typeof (value as Json | undefined)?.longest_edge === 'number' ? ((value as Json).longest_edge as number) : usual);
  const tile = side(preprocessor.max_image_size, 364);
  return {
    ...plan,
    filter: typeof preprocessor.resample === 'number' ? (filters[preprocessor.resample] ?? 'lanczos') : 'lanczos',
    longest: preprocessor.do_resize === false ? undefined : side(preprocessor.size, 4 * tile),
    tile,
    cuts: preprocessor.do_image_splitting !== false,
  };
}

/** For towers that see a picture in patches. Source: Qwen2VLImageProcessor of transformers 4.57 */
export function readPatchPlan(preprocessor: Json, config: Json): PatchPlan {
  const { filter, scale, mean, std } = readPicturePlan(preprocessor, config);
  const vision = (config.vision_config ?? {}) as Json;
  const size = (preprocessor.size ?? {}) as Json;
  const number = (usual: number, ...values: unknown[]) => values.find((value) => typeof value === 'number') ?? usual;
  const patch = number(14, preprocessor.patch_size, vision.patch_size, vision.spatial_patch_size);
  const merge = number(2, preprocessor.merge_size, vision.spatial_merge_size);
  return {
    filter, scale, mean, std, patch, merge,
    frames: number(2, preprocessor.temporal_patch_size, vision.temporal_patch_size),
    pixels: preprocessor.do_resize === false ? undefined : { least: number(56 * 56, preprocessor.min_pixels, size.shortest_edge, size.min_pixels), most: number(28 * 28 * 1280, preprocessor.max_pixels, size.longest_edge, size.max_pixels) },
  };
}

/** A picture in one view. */
export function preparePicture(picture: PixelImage, plan: PicturePlan): PreparedPicture {
  let image = toRgb(picture);
  if (plan.padsToSquare) image = squared(image, plan.mean);
  if (plan.resize) {
    const { width, height } = 'shortest' in plan.resize ? fitShortest(image, plan.resize.shortest) : plan.resize;
    if (width !== image.width || height !== image.height) image = resizeImage(image, { width, height, filter: plan.filter });
  }
  if (plan.crop) {
    const { width, height } = plan.crop;
    image = cropImage(image, { left: Math.floor((image.width - width) / 2), top: Math.floor((image.height - height) / 2), width, height });
  }
  return { planes: imageToTensor(image, { scale: plan.scale, mean: plan.mean, std: plan.std }), views: 1, width: image.width, height: image.height, rows: 0, columns: 0 };
}

function squared(image: PixelImage, mean: readonly number[]): PixelImage {
  const side = Math.max(image.width, image.height);
  const [left, top] = [Math.floor((side - image.width) / 2), Math.floor((side - image.height) / 2)];
  return padImage(image, { left, top, right: side - image.width - left, bottom: side - image.height - top, fill: mean.map((value) => Math.trunc(value * 255)) });
}

/** Source: get_resize_output_image_size with a short side, default_to_square=False */
function fitShortest({ width, height }: PixelImage, shortest: number): { width: number; height: number } {
  const [short, long] = width <= height ? [width, height] : [height, width];
  const grown = Math.trunc((shortest * long) / short);
  return width <= height ? { width: shortest, height: grown } : { width: grown, height: shortest };
}

function resizeOf(size: unknown, own: number): PicturePlan['resize'] {
  const shortest = (size as Json | undefined)?.shortest_edge;
  return typeof shortest === 'number' ? { shortest } : boxOf(size, own);
}

function boxOf(value: unknown, own: number): { width: number; height: number } {
  if (typeof value === 'number') return { width: value, height: value };
  const { width, height } = (value ?? {}) as Json;
  return typeof width === 'number' && typeof height === 'number' ? { width, height } : { width: own, height: own };
}

const numbersOf = (value: unknown) => (Array.isArray(value) && value.every((item) => typeof item === 'number') ? (value as number[]) : undefined);
