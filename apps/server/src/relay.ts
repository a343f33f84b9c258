import { LlmiError } from '@llmi/core';
import type { AnsweredEvent } from '@llmi/engine';

export type DoneEvent = Extract<AnsweredEvent, { type: 'done' }>;

/**
 * Hands each event on, and waits wherever the taker says that it has no room. Gives the closing event.
 * @throws {LlmiError} INTERNAL when there is none
 */
export async function relay(events: AsyncIterable<AnsweredEvent>, take: (event: AnsweredEvent) => Promise<void> | undefined): Promise<DoneEvent> {
  for await (const event of events) {
    const full = take(event);
    if (full) await full;
    if (event.type === 'done') return event;
  }
  throw new LlmiError('INTERNAL', { message: 'The model ended its answer without saying so.', hint: 'This is a fault of its handler.' });
}
