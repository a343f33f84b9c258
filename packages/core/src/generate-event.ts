import { toolCallSchema } from './generate-request.js';
import { generateResultSchema, tokenLogprobSchema, usageSchema, type GenerateResult } from './generate-result.js';
import { z } from 'zod';

/**
 * What a model yields while it works, told apart by `type`. `done` comes once, and last; an error is thrown, and becomes an
 * `error` event only on the wire.
 */
export const generateEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), token: z.string(), logprobs: z.array(tokenLogprobSchema).optional() }),
  z.object({ type: z.literal('reasoning'), token: z.string() }),
  z.object({ type: z.literal('tool_call'), index: z.int(), toolCall: toolCallSchema }),
  z.object({
    type: z.literal('progress'),
    stage: z.string(),
    step: z.int(),
    steps: z.int(),
    preview: z.string().optional(), // base64 PNG
  }),
  z.object({ type: z.literal('image'), index: z.int(), mimeType: z.string(), data: z.string() }), // base64
  z.object({ type: z.literal('audio'), index: z.int(), mimeType: z.string(), data: z.string() }), // base64
  z.object({
    type: z.literal('done'),
    /** The text in full, where the answer is text: the guide's `full_text`. */
    fullText: z.string().optional(),
    usage: usageSchema.optional(),
    /** The whole answer, as a plain reply gives it. */
    result: generateResultSchema,
    /** Milliseconds per stage inside the handler. */
    timing: z.record(z.string(), z.number()).optional(),
  }),
]);
export type GenerateEvent = z.infer<typeof generateEventSchema>;
export type DoneEvent = Extract<GenerateEvent, { type: 'done' }>;

/** The closing event of a stream: the whole answer, with text and usage where the guide puts them. */
export function doneEvent(result: GenerateResult, timing?: Record<string, number>): DoneEvent {
  return {
    type: 'done',
    ...('text' in result ? { fullText: result.text } : {}),
    ...('usage' in result && result.usage ? { usage: result.usage } : {}),
    result,
    ...(timing ? { timing } : {}),
  };
}
