import { generateRequestSchema } from '@llmi/core';
import { z } from 'zod';

// Source of names: https://github.com/openai/openai-openapi. Clients send null for what they leave out; a form has text alone.
const { shape } = generateRequestSchema;

/** A number, or its digits in a form. */
const number = <Schema extends z.ZodType>(field: z.ZodOptional<Schema>) => z.preprocess((value) => (typeof value === 'string' && value.trim() !== '' ? Number(value) : value), field.unwrap().nullish());

const size = z.union([z.literal('auto'), z.string().regex(/^\d{2,4}x\d{2,4}$/)], '"auto", or width and height such as "512x512"').nullish();

const common = {
  model: z.string().min(1).nullish(),
  n: number(shape.numImages),
  size,
  response_format: z.enum(['url', 'b64_json']).nullish(),
  output_format: z.enum(['png', 'jpeg', 'webp']).nullish(),
  user: z.string().nullish(),
  // What other servers of this API take besides
  negative_prompt: shape.negativePrompt.unwrap().nullish(),
  seed: number(shape.seed),
  num_inference_steps: number(shape.numInferenceSteps),
  guidance_scale: number(shape.guidanceScale),
};

/** Wishes about OpenAI's own models and platform: they change no answer of others. */
const wishes = {
  quality: z.string().nullish(),
  style: z.string().nullish(),
  moderation: z.string().nullish(),
  background: z.enum(['auto', 'opaque'], 'only "auto" or "opaque"').nullish(),
  output_compression: number(z.int().min(0).max(100).optional()),
};

export const imageRequestSchema = z.strictObject({
  ...common,
  ...wishes,
  prompt: z.string().min(1).max(1_000_000),
  stream: z.boolean().nullish(),
  partial_images: z.int().min(0).max(3).nullish(),
});
export type ImageRequest = z.infer<typeof imageRequestSchema>;

const file = z.string();
const oneFile = z.union([file, z.array(file).length(1, 'one picture: several are not supported')]);

export const imageEditSchema = z.strictObject({
  ...common,
  ...wishes,
  prompt: z.string().min(1).max(1_000_000),
  image: oneFile,
  mask: file.nullish(),
  strength: number(shape.strength),
  input_fidelity: z.string().nullish(),
});
export type ImageEdit = z.infer<typeof imageEditSchema>;

export const imageVariationSchema = z.strictObject({ ...common, image: oneFile, strength: number(shape.strength) });
export type ImageVariation = z.infer<typeof imageVariationSchema>;

const format = z.enum(['png', 'jpeg', 'webp', 'gif']);

export const imagesReplySchema = z.object({
  created: z.int(), // seconds since 1970
  data: z.array(z.object({ b64_json: z.string().optional(), url: z.string().optional() })),
  output_format: format.optional(),
});
export const imageEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('image_generation.partial_image'), b64_json: z.string(), partial_image_index: z.int(), created_at: z.int(), output_format: format, size: z.string() }),
  z.object({ type: z.literal('image_generation.completed'), b64_json: z.string(), created_at: z.int(), output_format: format, size: z.string() }),
]);
