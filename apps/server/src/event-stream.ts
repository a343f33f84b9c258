import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';

/** Server-sent events, or one JSON object per line. */
export type StreamFormat = 'sse' | 'ndjson';

const contentTypes = { sse: 'text/event-stream; charset=utf-8', ndjson: 'application/x-ndjson' };

/** A comment this often keeps proxies and clients from giving up on a stream that is silent. */
const pingMs = 15_000;

/** A client that takes nothing for this long is gone; its place goes to another. */
const stalledMs = 120_000;

/** Characters that are gathered into one write at most. */
const gatheredAtMost = 64 * 1024;

/**
 * A reply of events. Nothing goes out before the first event (or the first ping), so that work which fails before
 * it has produced anything is still answered with a plain HTTP status.
 *
 * Frames that are there at the same time leave in one write, and none waits for another: the flush runs as soon as the events
 * at hand are used up.
 */
export class EventStream implements Disposable {
  readonly #response: ServerResponse;
  readonly #ping: NodeJS.Timeout;
  #pending = '';
  #willFlush = false;
  #isOpen = false;
  #isOver = false;
  #drained: Promise<void> | undefined;

  constructor(
    readonly reply: FastifyReply,
    readonly format: StreamFormat = 'sse',
  ) {
    this.#response = reply.raw;
    // Lines of JSON have no comments: such a stream is silent while its model is.
    this.#ping = setInterval(() => void (format === 'sse' && this.write(': ping\n\n')), pingMs);
    this.#ping.unref();
  }

  /** True once something was written: from here on an error is an event. */
  get hasBegun(): boolean {
    return this.#isOpen || this.#pending !== '';
  }

  /** Sends a frame. Resolves when the client has room for more; undefined when it has room now. */
  write(frame: string): Promise<void> | undefined {
    this.#pending += frame;
    if (this.#pending.length > gatheredAtMost) this.#flush();
    else if (!this.#willFlush) {
      this.#willFlush = true;
      process.nextTick(this.#scheduledFlush); // after the promise callbacks that are due
    }
    return this.#drained;
  }

  end(): void {
    this.#flush();
    this.#isOver = true;
    this.#response.end();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#ping);
    this.#isOver = true;
  }

  readonly #scheduledFlush = (): void => {
    this.#willFlush = false;
    this.#flush();
  };

  #flush(): void {
    const frames = this.#pending;
    if (frames === '' || this.#isOver || this.#response.destroyed) return;
    this.#pending = '';
    if (!this.#isOpen) this.#open();
    if (!this.#response.write(frames)) this.#drained ??= this.#roomOrEnd();
  }

  #open(): void {
    this.#isOpen = true;
    this.reply.hijack();
    this.#response.writeHead(200, {
      ...(this.reply.getHeaders() as Record<string, string>),
      'content-type': contentTypes[this.format],
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no', // nginx: pass each event on at once
    });
  }

  #roomOrEnd(): Promise<void> {
    return new Promise((resolve) => {
      const late = setTimeout(() => this.#response.destroy(), stalledMs);
      const done = () => {
        clearTimeout(late);
        this.#response.off('drain', done).off('close', done);
        this.#drained = undefined;
        resolve();
      };
      this.#response.on('drain', done).on('close', done);
    });
  }
}
