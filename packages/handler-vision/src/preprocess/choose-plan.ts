import { jsonFile, LlmiError, type ModelInfo } from '@llmi/core';
import type { OnnxValueInfo } from '@llmi/runtime-onnx';
import type { ResizeFilter } from '@llmi/media';
import { imagenetMean, imagenetStd, type PreprocessPlan } from './plan.js';
import { processorConfigSchema } from './processor-config.js';
import { readPlan } from './read-plan.js';
import { insideOf, shortestEdge, type Size } from './sizes.js';

/** Share of the shorter side that is left after cutting out the middle: 224 of 256, what ImageNet models are tested with. */
const usualCrop = 224 / 256;

/**
 * The steps for one model: what its preprocessor_config.json says, or the `pretrained_cfg` of a timm model; without either what
 * models of the task were trained with, in the size of the graph.
 * @throws {LlmiError} MODEL_FILE_CORRUPT
 */
export function choosePlan(model: ModelInfo, task: string, input: OnnxValueInfo): PreprocessPlan {
  const config = jsonFile(model, 'preprocessor_config.json') ?? jsonFile(model, 'image_processor_config.json');
  const timm = jsonFile(model, 'config.json')?.pretrained_cfg;
  if (config && config.image_processor_type !== 'TimmWrapperImageProcessor' && hasSteps(config)) return readPlan(parseConfig(config));
  if (typeof timm === 'object' && timm !== null) return timmPlan(timm as TimmConfig);
  return usualPlan(task, input);
}

const hasSteps = (config: Record<string, unknown>) => 'size' in config || 'do_resize' in config || 'image_mean' in config || 'size_divisor' in config || 'do_pad' in config;

function parseConfig(config: Record<string, unknown>) {
  const parsed = processorConfigSchema.safeParse(config);
  if (parsed.success) return parsed.data;
  throw new LlmiError('MODEL_FILE_CORRUPT', {
    message: `preprocessor_config.json cannot be used: ${parsed.error.issues[0]!.path.join('.')} is not what it should be.`,
    hint: 'Install the model again; if that does not help, its author uploaded a broken file.',
  });
}

/** Height and width of the graph's input where they are fixed; 0 for one that is not. */
export function inputSize({ shape }: OnnxValueInfo): Size {
  const side = (axis: number) => (typeof shape[axis] === 'number' && shape[axis] > 0 ? shape[axis] : 0);
  return { height: side(2), width: side(3) };
}

function usualPlan(task: string, input: OnnxValueInfo): PreprocessPlan {
  const { width, height } = inputSize(input);
  const grey = input.shape[1] === 1 ? { grey: true } : {};
  const imagenet = { mean: imagenetMean, std: imagenetStd };
  if (task === 'image-to-image') return { filter: 'bicubic', numbers: {}, ...grey };
  if (task === 'object-detection') {
    const size = { width: width || 640, height: height || 640 };
    return { resize: insideOf(size), filter: 'bilinear', fill: { ...size, byte: 114 }, numbers: {} };
  }
  const large = task === 'background-removal' ? 1024 : task === 'image-classification' || task === 'image-feature-extraction' ? 224 : 512;
  const size = { width: width || large, height: height || large };
  if (task !== 'image-classification') return { resize: () => size, filter: 'bilinear', numbers: imagenet, ...grey };
  const edge = Math.round(Math.max(size.width, size.height) / usualCrop);
  return { resize: shortestEdge(edge, Math.round), crop: size, filter: 'bilinear', numbers: imagenet, ...grey };
}

interface TimmConfig {
  input_size?: number[]; // [channels, height, width]
  test_input_size?: number[];
  interpolation?: string;
  crop_pct?: number;
  test_crop_pct?: number;
  crop_mode?: string;
  mean?: number[];
  std?: number[];
}

/** Source: `create_transform` of timm, for evaluation. */
function timmPlan(timm: TimmConfig): PreprocessPlan {
  const [, height = 224, width = 224] = timm.test_input_size ?? timm.input_size ?? [];
  const part = timm.test_crop_pct ?? timm.crop_pct ?? 0.875;
  const filter = (timm.interpolation === 'random' ? 'bilinear' : (timm.interpolation ?? 'bilinear')) as ResizeFilter;
  const numbers = { mean: timm.mean ?? imagenetMean, std: timm.std ?? imagenetStd };
  const scaled = { width: Math.floor(width / part), height: Math.floor(height / part) };
  if (timm.crop_mode === 'squash') return { resize: () => scaled, filter, crop: { width, height }, numbers };
  return { resize: shortestEdge(Math.min(scaled.width, scaled.height)), filter, crop: { width, height }, numbers };
}
