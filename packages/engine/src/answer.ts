import type { AnswerEnvelope, DoneEvent, GenerateEvent } from '@llmi/core';
import type { AnsweredEvent, ServedModel } from './contract.js';

/** What is added to every answer: which model at which commit gave it, by which handler, and where the time went. */
export function answerEnvelope({ name, installed }: ServedModel, waited: { queue: number; load: number }, done: DoneEvent): AnswerEnvelope {
  return {
    model: { id: name, revision: installed.revision, handler: installed.handler.name, handlerVersion: installed.handler.version },
    timing: Object.fromEntries(Object.entries({ ...waited, ...done.timing }).map(([stage, milliseconds]) => [stage, round(milliseconds)])),
  };
}

/** The events as they come, the closing one with its envelope. */
export async function* withEnvelope(events: AsyncIterable<GenerateEvent>, envelope: (done: DoneEvent) => AnswerEnvelope): AsyncIterable<AnsweredEvent> {
  for await (const event of events) yield event.type === 'done' ? { ...event, envelope: envelope(event) } : event;
}

const round = (milliseconds: number) => Math.round(milliseconds * 10) / 10;
