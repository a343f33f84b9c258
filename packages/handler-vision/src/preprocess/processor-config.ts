import { z } from 'zod';

/** A number was once enough for what is an object today. */
const sizeSchema = z.union([
  z.number(),
  z.looseObject({
    height: z.number().nullish(),
    width: z.number().nullish(),
    shortest_edge: z.number().nullish(),
    longest_edge: z.number().nullish(),
  }),
]);
export type ProcessorSize = z.infer<typeof sizeSchema>;

/** The fields of preprocessor_config.json that are used, whichever image processor wrote it. */
export const processorConfigSchema = z.looseObject({
  image_processor_type: z.string().nullish(),
  feature_extractor_type: z.string().nullish(),
  do_resize: z.boolean().nullish(),
  size: sizeSchema.nullish(),
  max_size: z.number().nullish(),
  resample: z.number().nullish(),
  do_center_crop: z.boolean().nullish(),
  crop_size: sizeSchema.nullish(),
  crop_pct: z.number().nullish(),
  do_rescale: z.boolean().nullish(),
  rescale_factor: z.number().nullish(),
  rescale_offset: z.boolean().nullish(),
  include_top: z.boolean().nullish(),
  do_normalize: z.boolean().nullish(),
  image_mean: z.union([z.array(z.number()), z.number()]).nullish(),
  image_std: z.union([z.array(z.number()), z.number()]).nullish(),
  do_flip_channel_order: z.boolean().nullish(),
  do_pad: z.boolean().nullish(),
  pad_size: z.union([z.number(), z.looseObject({ height: z.number(), width: z.number() })]).nullish(),
  size_divisor: z.number().nullish(),
  keep_aspect_ratio: z.boolean().nullish(),
  ensure_multiple_of: z.number().nullish(),
});
export type ProcessorConfig = z.infer<typeof processorConfigSchema>;

/** `ViTImageProcessorFast` and `ViTFeatureExtractor` are both the kind `ViT`. */
export function processorKind(config: ProcessorConfig): string {
  const name = config.image_processor_type ?? config.feature_extractor_type ?? '';
  return name.replace(/(ImageProcessor|FeatureExtractor)(Fast)?$/, '');
}
