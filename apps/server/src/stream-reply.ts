import type { FastifyReply } from 'fastify';
import { errorLogEntry, publicError } from './error-response.js';
import { EventStream, type StreamFormat } from './event-stream.js';
import type { Gateway } from './gateway.js';
import { recordOf } from './observe/request-record.js';
import type { PublicError } from './public-error.js';

/** Sends one frame; what it returns is awaited before the next event is asked for. */
type SendFrame = (frame: string) => Promise<void> | undefined;

export interface StreamParts {
  /** Writes the frames of the answer, the closing one included. */
  produce(send: SendFrame, signal: AbortSignal): Promise<void>;
  /** The frame that ends a stream which failed after it had begun. */
  errorFrame(error: PublicError): string;
  /** Default: server-sent events. */
  format?: StreamFormat;
  /** Takes as long as it takes: a download. */
  isLong?: boolean;
}

/**
 * Answers with a stream.
 * @throws what `produce` throws before its first frame: it becomes a plain HTTP error
 */
export async function streamReply(gateway: Gateway, reply: FastifyReply, { produce, errorFrame, format = 'sse', isLong = false }: StreamParts): Promise<void> {
  using work = gateway.work.beginReply(reply.raw, { isLong });
  using stream = new EventStream(reply, format);
  try {
    await produce((frame) => stream.write(frame), work.signal);
  } catch (error) {
    if (!stream.hasBegun) throw error;
    const told = publicError(error, gateway.scrub);
    recordOf(reply.raw).errorCode = told.code;
    gateway.metrics.error(told.code);
    gateway.log(errorLogEntry(error, told, reply.request.id));
    void stream.write(errorFrame(told));
  }
  stream.end();
}
