import { answerEnvelopeSchema, fromWire, generateEventSchema, generateRequestSchema, generateResultSchema, LlmiError, toWire, usageSchema } from '@llmi/core';
import type { AnswerEnvelope, GenerateRequest, GenerateResult } from '@llmi/core';
import type { AnsweredEvent } from '@llmi/engine';
import { z } from 'zod';
import { checkMedia, withUploads } from '../../media-input.js';
import type { MediaStore } from '../../media-store.js';

/** The body of `/generate`: a request, and whether the answer is streamed. */
export const nativeRequestSchema = generateRequestSchema.extend({ stream: z.boolean().optional() });

/** @throws {LlmiError} INPUT_INVALID that names the field */
export function readGenerateRequest(body: unknown, store: MediaStore): { request: GenerateRequest; stream: boolean } {
  const { stream = false, ...request } = fromWire(nativeRequestSchema, body);
  if (request.prompt !== undefined && request.messages !== undefined) {
    throw new LlmiError('INPUT_INVALID', { message: 'Both "prompt" and "messages" are given.', hint: 'Send one of the two.', param: 'messages' });
  }
  const withMedia = withUploads(request, store);
  checkMedia(withMedia);
  return { request: withMedia, stream };
}

/** The whole answer: what the model made, which model made it, and where the time went. */
export function answerToWire(result: GenerateResult, envelope: AnswerEnvelope): Record<string, unknown> {
  return { ...resultToWire(result), ...(toWire(answerEnvelopeSchema, envelope) as object) };
}

function resultToWire(result: GenerateResult): Record<string, unknown> {
  // Its vectors hold nothing to rename, and there can be a million numbers in them.
  if (result.type === 'embedding') return { ...result, usage: toWire(usageSchema, result.usage) };
  return toWire(generateResultSchema, result) as Record<string, unknown>;
}

/** One event as JSON. Text, the event of every token, is put together without a walk over its schema. */
export function eventJson(event: AnsweredEvent): string {
  if (event.type === 'text' && event.logprobs === undefined) return `{"type":"text","token":${JSON.stringify(event.token)},"finished":false}`;
  if (event.type === 'done') return JSON.stringify(doneToWire(event));
  return JSON.stringify(toWire(generateEventSchema, event));
}

/** The closing event: the guide's `full_text` and `usage`, and the whole answer. `type` is the event's, `result_type` the answer's. */
function doneToWire({ fullText, result, envelope }: Extract<AnsweredEvent, { type: 'done' }>): Record<string, unknown> {
  const { type: resultType, ...answer } = answerToWire(result, envelope);
  return { type: 'done', result_type: resultType, ...(fullText === undefined ? {} : { full_text: fullText }), ...answer, finished: true };
}
