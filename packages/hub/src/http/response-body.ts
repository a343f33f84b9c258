/** How a body is held back and given up: undici's controller of a request. */
interface Flow {
  pause(): void;
  resume(): void;
  abort(reason: Error): void;
}

const holdBytes = 256 * 1024; // waiting for the reader; more, and the connection waits too

/**
 * The body of an answer, given out in batches of what has come since the last one: under load a reader takes few large batches
 * instead of many small chunks. The connection is held back while nobody reads.
 */
export class ResponseBody implements AsyncIterable<Buffer[]> {
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #paused = false;
  #ended = false;
  #failure: { error: unknown } | undefined;
  #wake: () => void = () => undefined;

  constructor(private readonly flow: Flow) {}

  push(chunk: Buffer): void {
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    if (this.#waitingBytes >= holdBytes && !this.#paused) {
      this.#paused = true;
      this.flow.pause();
    }
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  fail(error: unknown): void {
    this.#failure = { error };
    this.#wake();
  }

  /** Ends a body that will not be read any further. */
  discard(): void {
    if (this.#ended || this.#failure) return;
    this.#waiting = [];
    this.flow.abort(new Error('The answer is not wanted any more.'));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer[]> {
    try {
      for (;;) {
        const batch = this.#take();
        if (batch) yield batch;
        else if (this.#failure) throw this.#failure.error;
        else if (this.#ended) return;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      this.discard();
    }
  }

  #take(): Buffer[] | undefined {
    if (this.#waiting.length === 0) return undefined;
    const batch = this.#waiting;
    [this.#waiting, this.#waitingBytes] = [[], 0];
    if (this.#paused) {
      this.#paused = false;
      if (!this.#ended && !this.#failure) this.flow.resume();
    }
    return batch;
  }
}

/**
 * Gives the memory of a batch back that has been used: the collector would let 100 MB of it pile up before it ran. Only a chunk that
 * has its buffer for itself; Node 20 lacks `transfer` and leaves all to the collector.
 */
export function release(batch: readonly Buffer[]): void {
  for (const { buffer, byteLength } of batch) {
    if (byteLength === buffer.byteLength) (buffer as { transfer?: (bytes: number) => ArrayBuffer }).transfer?.(0);
  }
}
