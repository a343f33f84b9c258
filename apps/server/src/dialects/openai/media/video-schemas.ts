import { generateRequestSchema } from '@llmi/core';
import { z } from 'zod';

// Source of names: https://github.com/openai/openai-openapi. A form has text alone.
const { shape } = generateRequestSchema;

export const videoRequestSchema = z.strictObject({
  model: z.string().min(1).nullish(),
  prompt: z.string().min(1).max(1_000_000),
  seconds: z.preprocess((value) => (typeof value === 'string' && value.trim() !== '' ? Number(value) : value), z.number().min(0.1).max(120).nullish()),
  size: z.string().regex(/^\d{2,4}x\d{2,4}$/, 'width and height such as "512x512"').nullish(),
  fps: z.preprocess((value) => (typeof value === 'string' && value.trim() !== '' ? Number(value) : value), shape.fps.unwrap().nullish()),
  input_reference: z.string().nullish(),
});

export const videoSchema = z.object({
  id: z.string(),
  object: z.literal('video'),
  model: z.string(),
  status: z.enum(['queued', 'in_progress', 'completed', 'failed']),
  progress: z.int(), // per cent
  created_at: z.int(), // seconds since 1970
  completed_at: z.int().nullable(),
  expires_at: z.int().nullable(),
  prompt: z.string(),
  size: z.string().nullable(),
  seconds: z.string().nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});
export type Video = z.infer<typeof videoSchema>;
export const videosSchema = z.object({ object: z.literal('list'), data: z.array(videoSchema), first_id: z.string().nullable(), last_id: z.string().nullable(), has_more: z.boolean() });
export const videoDeletedSchema = z.object({ id: z.string(), object: z.literal('video.deleted'), deleted: z.literal(true) });
