import type { FastifyReply } from 'fastify';
import type { GenerateRequest } from '@llmi/core';
import type { AnsweredEvent } from '@llmi/engine';
import type { Gateway } from '../../gateway.js';
import { relay, type DoneEvent } from '../../relay.js';
import { streamReply } from '../../stream-reply.js';
import { follow, recordBySignal } from '../../observe/request-record.js';
import { openaiErrorBody } from './errors.js';

/**
 * Runs the choices of one request, as many at a time as a model works on anyway, and gives their closing events in order.
 * The first that fails ends the others.
 */
export async function runChoices(
  { engine }: Gateway,
  model: string,
  requests: readonly GenerateRequest[],
  signal: AbortSignal,
  onEvent: (event: AnsweredEvent, index: number) => Promise<void> | undefined = () => undefined,
): Promise<DoneEvent[]> {
  const failed = new AbortController();
  const either = requests.length === 1 ? signal : AbortSignal.any([signal, failed.signal]);
  follow(either, recordBySignal(signal));
  const done: DoneEvent[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < requests.length) {
      const index = next++;
      done[index] = await relay(engine.generate(model, requests[index]!, { signal: either }), (event) => onEvent(event, index));
    }
  };
  const workers = Array.from({ length: Math.min(requests.length, Math.max(1, engine.settings.parallel)) }, work);
  try {
    await Promise.all(workers);
  } catch (error) {
    failed.abort(error);
    await Promise.allSettled(workers);
    throw error;
  }
  return done;
}

/** How the events of choices become chunks of a reply. */
export interface Chunks {
  /** Server-sent events for one event of a choice; empty where this API has no word for it. */
  frame(event: AnsweredEvent, index: number): string;
  /** What follows when all choices are done. */
  end(done: DoneEvent[]): string;
}

/** Streams the choices of one request, their chunks as they come. */
export async function streamChoices(gateway: Gateway, reply: FastifyReply, model: string, requests: readonly GenerateRequest[], chunks: Chunks): Promise<void> {
  await streamReply(gateway, reply, {
    produce: async (send, signal) => {
      const done = await runChoices(gateway, model, requests, signal, (event, index) => {
        const frame = chunks.frame(event, index);
        return frame === '' ? undefined : send(frame);
      });
      await send(chunks.end(done));
    },
    errorFrame: (error) => `data: ${JSON.stringify(openaiErrorBody(error, reply.request.url))}\n\n`,
  });
}
