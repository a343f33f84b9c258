import { answerEnvelopeSchema, generateEventSchema, generateResultSchema, toWire } from '@llmi/core';
import type { AnsweredEvent } from '@llmi/engine';

/** An event as one JSON line: the object that POST /generate/stream sends. `result_type` of the last one is the answer's own type. */
export function eventDocument(event: AnsweredEvent): Record<string, unknown> {
  if (event.type === 'text') return { ...(toWire(generateEventSchema, event) as object), finished: false };
  if (event.type !== 'done') return toWire(generateEventSchema, event) as Record<string, unknown>;
  const { type: resultType, ...answer } = toWire(generateResultSchema, event.result) as Record<string, unknown>;
  return {
    type: 'done',
    result_type: resultType,
    ...(event.fullText === undefined ? {} : { full_text: event.fullText }),
    ...answer,
    ...(toWire(answerEnvelopeSchema, event.envelope) as object),
    finished: true,
  };
}
