import { z } from 'zod';
import { toolCallSchema } from './generate-request.js';

export const usageSchema = z.object({
  promptTokens: z.int(),
  completionTokens: z.int(),
  totalTokens: z.int(),
  cachedTokens: z.int().optional(), // of the prompt, found in the prefix cache
  reasoningTokens: z.int().optional(),
});
export type Usage = z.infer<typeof usageSchema>;

/** Log probability (natural logarithm) of one sampled token and of its best alternatives. */
export const tokenLogprobSchema = z.object({
  token: z.string(),
  logprob: z.number(),
  topLogprobs: z.array(z.object({ token: z.string(), logprob: z.number() })).default([]),
});
export type TokenLogprob = z.infer<typeof tokenLogprobSchema>;

export const finishReasonSchema = z.enum(['stop', 'length', 'tool_calls', 'content_filter']);
export type FinishReason = z.infer<typeof finishReasonSchema>;

const base64 = z.string();
const mediaMetadata = z.record(z.string(), z.unknown());
const labelSchema = z.object({ label: z.string(), score: z.number() });
const boxSchema = z.object({ xmin: z.number(), ymin: z.number(), xmax: z.number(), ymax: z.number() }); // pixels of the original image

// What is seen in one picture. An answer about several gives the first one's, and all of them in `results`. `drawing` is a copy of the
// picture with what was found drawn on it, where an output format was asked for.
const drawing = base64.optional();
const classified = { labels: z.array(labelSchema) };
/** A part of the picture in its pixels: a box, four corners (x and y in turn), or outlines. */
const regionSchema = z.object({ label: z.string(), score: z.number().optional(), box: boxSchema.optional(), quad: z.array(z.number()).length(8).optional(), polygons: z.array(z.array(z.number())).optional() });
const detected = { objects: z.array(labelSchema.extend({ box: boxSchema })), drawing };
const segmented = { segments: z.array(z.object({ label: z.string(), score: z.number().nullable(), mask: base64 })), drawing };
// Characters (UTF-16) of the context from `start` to before `end`.
const answered = { answer: z.string(), score: z.number(), start: z.int().optional(), end: z.int().optional() };
const measured = { image: base64, min: z.number(), max: z.number(), drawing };

/** What a finished request answers with, one shape per `type`. Source: the native HTTP API. */
export const generateResultSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('text'),
    text: z.string(),
    finishReason: finishReasonSchema,
    usage: usageSchema,
    reasoning: z.string().optional(),
    toolCalls: z.array(toolCallSchema).optional(),
    logprobs: z.array(tokenLogprobSchema).optional(),
    stopSequence: z.string().optional(), // of the request, the one that ended the text
    truncatedTokens: z.int().optional(), // left out of the prompt or of a full context, where that was asked for
    regions: z.array(regionSchema).optional(), // that the text was read in, line by line
    drawing,
    seed: z.int().optional(),
  }),
  z.object({ type: z.literal('image'), image: base64, images: z.array(base64), metadata: mediaMetadata, seed: z.int().optional() }),
  z.object({ type: z.literal('video'), video: base64, metadata: mediaMetadata, seed: z.int().optional() }),
  z.object({ type: z.literal('audio'), audio: base64, metadata: mediaMetadata, seed: z.int().optional() }),
  z.object({
    type: z.literal('multimodal_response'),
    text: z.string(),
    usage: usageSchema,
    finishReason: finishReasonSchema.optional(),
    image: base64.optional(),
    regions: z.array(regionSchema).optional(), // that the text tells of, of modes that locate
    drawing,
    seed: z.int().optional(),
  }),
  z.object({
    type: z.literal('embedding'),
    embeddings: z.array(z.array(z.number())), // [texts, dimensions]
    dimensions: z.int(),
    usage: usageSchema,
    truncated: z.array(z.int()).optional(), // indices of the inputs that were cut
    ranges: z.array(z.array(z.number())).optional(), // [2, dimensions]: what int8 and uint8 were scaled by
    chunks: z.array(z.object({ index: z.int(), start: z.int(), end: z.int() })).optional(), // of each vector: its text, and the characters in it
  }),
  z.object({
    type: z.literal('rerank'),
    results: z.array(z.object({ index: z.int(), score: z.number(), document: z.string().optional() })),
    usage: usageSchema.optional(),
    truncated: z.array(z.int()).optional(), // indices of the documents that were cut
  }),
  z.object({
    type: z.literal('transcription'),
    text: z.string(),
    segments: z.array(z.looseObject({ start: z.number(), end: z.number(), text: z.string() })), // seconds
    language: z.string().optional(),
    duration: z.number(), // seconds
  }),
  z.object({ type: z.literal('classification'), ...classified, results: z.array(z.object(classified)).optional() }),
  z.object({ type: z.literal('detection'), ...detected, results: z.array(z.object(detected)).optional() }),
  z.object({ type: z.literal('segmentation'), ...segmented, results: z.array(z.object(segmented)).optional() }),
  z.object({ type: z.literal('depth'), ...measured, results: z.array(z.object(measured)).optional() }),
  z.object({
    type: z.literal('tokens'),
    entities: z.array(z.looseObject({ entity: z.string(), score: z.number(), word: z.string(), start: z.int(), end: z.int() })),
  }),
  z.object({ type: z.literal('answer'), ...answered, answers: z.array(z.object(answered)).optional() }), // `answers`: the best ones, where several were asked for
  z.object({ type: z.literal('forecast'), values: z.array(z.array(z.number())) }), // [time, channel]
  z.object({
    type: z.literal('tensors'),
    outputs: z.record(z.string(), z.object({ data: z.array(z.union([z.number(), z.boolean(), z.string()])), shape: z.array(z.int()), dtype: z.string() })),
  }),
]);
export type GenerateResult = z.infer<typeof generateResultSchema>;
export type ResultType = GenerateResult['type'];
export type ResultOf<Type extends ResultType> = Extract<GenerateResult, { type: Type }>;

/** What a server adds to every answer. */
export const answerEnvelopeSchema = z.object({
  model: z.object({
    id: z.string(),
    revision: z.string().optional(),
    handler: z.string(),
    handlerVersion: z.string(),
  }),
  /** Milliseconds: `queue`, `load`, and each stage of the handler. */
  timing: z.record(z.string(), z.number()),
});
export type AnswerEnvelope = z.infer<typeof answerEnvelopeSchema>;
