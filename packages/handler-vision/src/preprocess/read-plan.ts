import type { NormalizeOptions, ResizeFilter } from '@llmi/media';
import { imagenetMean, imagenetStd, type PreprocessPlan } from './plan.js';
import { processorKind, type ProcessorConfig, type ProcessorSize } from './processor-config.js';
import { downToMultiple, longestEdge, nearMultiple, shortestEdge, shortestUpToMultiple, shortestWithLongest, type Size, type SizeRule } from './sizes.js';

/** Numbers of the filters in Pillow. */
const filters: ResizeFilter[] = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'];

/** Kinds whose `size` of a single number is the shorter side; elsewhere it is both. */
const numberIsShortestEdge = /^(CLIP|ChineseCLIP|ConvNext|Levit|PoolFormer|MobileNetV1|MobileNetV2|MobileViT|Bit|ConditionalDetr|DeformableDetr|Detr|Yolos|GroundingDino|Mask2Former|MaskFormer|OneFormer)$/i;
const detrKinds = /^(Detr|ConditionalDetr|DeformableDetr|Yolos|GroundingDino)$/;
const maskFormerKinds = /^(Mask2Former|MaskFormer|OneFormer)$/;
/** Kinds that do not normalize unless the file says so. */
const plainNumbers = /^(MobileViT|GLPN|Swin2SR|RTDetr)$/;
/** Kinds that cut the middle out unless the file says otherwise. */
const cropKinds = /^(CLIP|ChineseCLIP|Bit|Levit|PoolFormer|MobileNetV1|MobileNetV2|MobileViT|DeiT)$/;

/** The steps that preprocessor_config.json stands for. Source: the image_processing_*.py files of transformers 4.57. */
export function readPlan(config: ProcessorConfig): PreprocessPlan {
  const kind = processorKind(config);
  const filter = filters[config.resample ?? 2] ?? 'bilinear';
  const numbers = readNumbers(config, kind);
  if (kind === 'Swin2SR') return { filter, numbers, ...(config.do_pad === false ? {} : { mirrorTo: numberOr(config.size_divisor ?? config.pad_size, 8) }) };
  if (kind === 'Owlv2') return { filter, numbers, smoothTo: squareOf(namedSize(config.size ?? 960, kind)) };
  const resize = config.do_resize === false ? undefined : readResize(config, kind);
  const padding = readFill(config, kind);
  return { filter: kind === 'GLPN' && config.resample == null ? 'bilinear' : filter, numbers, ...(resize ? { resize } : {}), ...readCrop(config, kind), ...(padding ? { fill: padding } : {}) };
}

function readResize(config: ProcessorConfig, kind: string): SizeRule {
  const size = namedSize(config.size ?? 224, kind);
  if (kind === 'GLPN') return downToMultiple(config.size_divisor ?? 32);
  if (kind === 'Sam') return longestEdge(size.longest_edge ?? 1024);
  if (kind === 'DPT') return nearMultiple(squareOf(size), config.ensure_multiple_of ?? 1, config.keep_aspect_ratio ?? false);
  const edge = size.shortest_edge ?? undefined;
  const longest = size.longest_edge ?? config.max_size ?? undefined;
  if (edge !== undefined && detrKinds.test(kind)) return shortestWithLongest(edge, longest, kind === 'Yolos' ? 16 : 1);
  if (edge !== undefined && maskFormerKinds.test(kind)) return shortestUpToMultiple(edge, longest, config.size_divisor ?? 32);
  if (edge !== undefined && kind.toLowerCase() === 'convnext') {
    // Small inputs are cut out of a larger picture, large ones are squeezed.
    return edge >= 384 ? () => ({ width: edge, height: edge }) : shortestEdge(Math.trunc(edge / (config.crop_pct ?? 224 / 256)));
  }
  if (kind === 'Levit' && edge !== undefined) return shortestEdge(Math.trunc((256 / 224) * edge));
  if (kind === 'PoolFormer' && config.crop_pct != null) {
    if (edge !== undefined) return shortestEdge(Math.trunc(edge / config.crop_pct));
    const { width, height } = squareOf(size);
    if (width === height) return shortestEdge(Math.trunc(height / config.crop_pct));
    return () => ({ width: Math.trunc(width / config.crop_pct!), height: Math.trunc(height / config.crop_pct!) });
  }
  if (edge !== undefined) return longest === undefined ? shortestEdge(edge) : shortestWithLongest(edge, longest);
  return () => squareOf(size);
}

function readCrop(config: ProcessorConfig, kind: string): { crop?: Size } {
  if (kind.toLowerCase() === 'convnext') {
    const edge = namedSize(config.size ?? 384, kind).shortest_edge;
    return edge != null && edge < 384 && config.do_resize !== false ? { crop: { width: edge, height: edge } } : {};
  }
  if (!(config.do_center_crop ?? cropKinds.test(kind))) return {};
  return { crop: squareOf(namedSize(config.crop_size ?? config.size ?? 224, 'crop')) };
}

/** Only a size of its own is filled up to: pictures of one batch have one size here. */
function readFill(config: ProcessorConfig, kind: string): Size | undefined {
  if (kind === 'Swin2SR' || config.do_pad !== true || config.pad_size == null) return undefined;
  return typeof config.pad_size === 'number' ? { width: config.pad_size, height: config.pad_size } : { width: config.pad_size.width, height: config.pad_size.height };
}

function readNumbers(config: ProcessorConfig, kind: string): NormalizeOptions {
  const scale = config.do_rescale === false ? 1 : (config.rescale_factor ?? 1 / 255);
  const offset = config.rescale_offset === true ? -1 : 0;
  const bgr = config.do_flip_channel_order ?? kind === 'MobileViT';
  const plain = { scale, offset, ...(bgr ? { bgr } : {}) };
  if (!(config.do_normalize ?? !plainNumbers.test(kind))) return plain;
  const mean = listOf(config.image_mean) ?? imagenetMean;
  const std = listOf(config.image_std) ?? imagenetStd;
  if (kind !== 'EfficientNet' || config.include_top !== true) return { ...plain, mean, std };
  return { ...plain, mean, std: std.map((value) => value * value) }; // its classifier was trained with one more division by std
}

function namedSize(size: ProcessorSize, kind: string): Exclude<ProcessorSize, number> {
  if (typeof size !== 'number') return size;
  return numberIsShortestEdge.test(kind) ? { shortest_edge: size } : { height: size, width: size };
}

function squareOf({ width, height, shortest_edge, longest_edge }: Exclude<ProcessorSize, number>): Size {
  const side = shortest_edge ?? longest_edge ?? height ?? width ?? 224;
  return { width: width ?? side, height: height ?? side };
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

function listOf(value: number[] | number | null | undefined): number[] | undefined {
  if (value == null) return undefined;
  return typeof value === 'number' ? [value, value, value] : value;
}
