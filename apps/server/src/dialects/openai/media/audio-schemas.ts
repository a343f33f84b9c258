import { generateRequestSchema } from '@llmi/core';
import { z } from 'zod';

// Source of names: https://github.com/openai/openai-openapi. A form has text alone.
const { shape } = generateRequestSchema;
const number = z.preprocess((value) => (typeof value === 'string' && value.trim() !== '' ? Number(value) : value), shape.temperature.unwrap().nullish());
const flag = z.preprocess((value) => (value === 'true' ? true : value === 'false' ? false : value), z.boolean().nullish());
const list = <Item extends z.ZodType>(item: Item) => z.preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(item).nullish());

export const speechRequestSchema = z.strictObject({
  model: z.string().min(1),
  input: z.string().min(1).max(1_000_000),
  voice: z.union([z.string().max(200), z.strictObject({ id: z.string().max(200) })]).nullish(),
  response_format: shape.audioFormat.unwrap().nullish(),
  speed: shape.speed.unwrap().nullish(),
  instructions: z.literal('', 'how to speak is chosen by "voice"').nullish(),
  stream_format: z.literal('audio', 'only "audio"').nullish(),
});

export const transcriptionRequestSchema = z.strictObject({
  file: z.string(),
  model: z.string().min(1),
  language: shape.language.unwrap().nullish(),
  prompt: z.string().max(10_000).nullish(),
  response_format: z.enum(['json', 'text', 'srt', 'vtt', 'verbose_json']).nullish(),
  temperature: number,
  timestamp_granularities: list(z.enum(['word', 'segment'])),
  stream: flag,
  include: list(z.never('nothing can be included')),
  chunking_strategy: z.literal('auto', 'only "auto"').nullish(),
});
export type TranscriptionRequest = z.infer<typeof transcriptionRequestSchema>;

const piece = { start: z.number(), end: z.number() }; // seconds

export const transcriptionSchema = z.object({ text: z.string() });
export const verboseTranscriptionSchema = z.object({
  task: z.enum(['transcribe', 'translate']),
  language: z.string(),
  duration: z.number(), // seconds
  text: z.string(),
  segments: z.array(z.looseObject({ id: z.int(), ...piece, text: z.string() })).optional(),
  words: z.array(z.object({ ...piece, word: z.string() })).optional(),
});
export const transcriptionReplySchema = z.union([verboseTranscriptionSchema, transcriptionSchema]);
export const transcriptionEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('transcript.text.delta'), delta: z.string() }),
  z.object({ type: z.literal('transcript.text.done'), text: z.string() }),
]);
