import { jsonFile, LlmiError, parseInput, type ModelInfo } from '@llmi/core';
import { z } from 'zod';

/** What happens to a picture before a model sees it. */
export interface ImagePlan {
  /** Undefined leaves the size as it is. */
  resize?: { shortestEdge: number } | { width: number; height: number };
  filter: (typeof filters)[number];
  /** Cut out of the middle, black where the picture is smaller. */
  crop?: { width: number; height: number };
  /** Of each byte: times `scale`, then minus mean and over std by channel. */
  numbers: { scale: number; mean?: number[]; std?: number[] };
}

/** By their numbers in Pillow. */
const filters = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'] as const;
const bicubic = 3;

const sizeSchema = z.union([z.number(), z.looseObject({ height: z.number().nullish(), width: z.number().nullish(), shortest_edge: z.number().nullish() })]);
const threeNumbers = z.array(z.number()).length(3);
const processorSchema = z.looseObject({
  do_resize: z.boolean().nullish(),
  size: sizeSchema.nullish(),
  resample: z.int().min(0).max(5).nullish(),
  do_center_crop: z.boolean().nullish(),
  crop_size: sizeSchema.nullish(),
  do_rescale: z.boolean().nullish(),
  rescale_factor: z.number().nullish(),
  do_normalize: z.boolean().nullish(),
  image_mean: threeNumbers.nullish(),
  image_std: threeNumbers.nullish(),
});

/** Of the pictures that CLIP was trained with, and of SigLIP's. */
const clipNumbers = { mean: [0.48145466, 0.4578275, 0.40821073], std: [0.26862954, 0.26130258, 0.27577711] };
const siglipNumbers = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };

/**
 * The steps that preprocessor_config.json stands for. Source: image_processing_clip.py and image_processing_siglip.py of transformers 4.57.
 * @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT
 */
export function readImagePlan(model: ModelInfo, folder: string): ImagePlan {
  const path = folder === '' ? 'preprocessor_config.json' : `${folder}/preprocessor_config.json`;
  const given = jsonFile(model, path);
  if (!given) throw new LlmiError('MODEL_FILE_MISSING', { message: `The model file ${path} is missing.`, hint: 'Install the model again: it says how pictures are prepared.' });
  const config = parsed(path, given);
  const isSiglip = /siglip/i.test(String(given.image_processor_type ?? given.feature_extractor_type ?? model.modelType));
  const usual = isSiglip ? siglipNumbers : clipNumbers;
  const scale = config.do_rescale === false ? 1 : (config.rescale_factor ?? 1 / 255);
  const normalized = config.do_normalize === false ? {} : { mean: config.image_mean ?? usual.mean, std: config.image_std ?? usual.std };
  const crops = config.do_center_crop ?? !isSiglip;
  return {
    ...(config.do_resize === false ? {} : { resize: resizeRule(config.size ?? 224, isSiglip) }),
    filter: filters[config.resample ?? bicubic]!,
    ...(crops ? { crop: bothSides(config.crop_size ?? config.size ?? 224) } : {}),
    numbers: { scale, ...normalized },
  };
}

/** Sides of every picture that comes out of a plan; undefined where they depend on the picture that goes in. */
export function plannedSize({ crop, resize }: ImagePlan): { width: number; height: number } | undefined {
  return crop ?? (resize && 'width' in resize ? resize : undefined);
}

function parsed(path: string, given: unknown): z.infer<typeof processorSchema> {
  try {
    return parseInput(processorSchema, given);
  } catch (cause) {
    throw new LlmiError('MODEL_FILE_CORRUPT', { message: `The model file ${path} is not what it should be. ${LlmiError.from(cause).message}`, hint: 'Install the model again.', cause });
  }
}

/** A single number is CLIP's shorter side, and both of SigLIP's. */
function resizeRule(size: z.infer<typeof sizeSchema>, isSiglip: boolean): NonNullable<ImagePlan['resize']> {
  const edge = typeof size === 'number' ? (isSiglip ? undefined : size) : size.shortest_edge;
  return edge == null ? bothSides(size) : { shortestEdge: edge };
}

function bothSides(size: z.infer<typeof sizeSchema>): { width: number; height: number } {
  if (typeof size === 'number') return { width: size, height: size };
  const side = size.shortest_edge ?? size.height ?? size.width ?? 224;
  return { width: size.width ?? side, height: size.height ?? side };
}
