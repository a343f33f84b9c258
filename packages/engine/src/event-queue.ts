/**
 * Values from callbacks to one `for await` loop. Values already there are handed over without waiting; leaving the loop early
 * calls `onLeave`.
 */
export class EventQueue<Value> implements AsyncIterableIterator<Value> {
  #values: Value[] = [];
  #next = 0; // index of the first value not yet taken
  #waiting: { resolve(result: IteratorResult<Value>): void; reject(error: unknown): void } | undefined;
  #ended: { error?: unknown } | undefined;

  constructor(readonly onLeave: () => void = () => {}) {}

  push(value: Value): void {
    if (this.#ended) return;
    const waiting = this.#waiting;
    if (!waiting) {
      this.#values.push(value);
      return;
    }
    this.#waiting = undefined;
    waiting.resolve({ value, done: false });
  }

  /** Ends the loop once it has taken what is there; with an error, by throwing it. */
  end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = error === undefined ? {} : { error };
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (!waiting) return;
    if (error === undefined) waiting.resolve({ value: undefined, done: true });
    else waiting.reject(error);
  }

  next(): Promise<IteratorResult<Value>> {
    if (this.#next < this.#values.length) {
      const value = this.#values[this.#next++]!;
      if (this.#next === this.#values.length) [this.#values, this.#next] = [[], 0];
      return Promise.resolve({ value, done: false });
    }
    if (this.#ended) {
      const { error } = this.#ended;
      this.#ended = {};
      return error === undefined ? Promise.resolve({ value: undefined, done: true }) : Promise.reject(error);
    }
    return new Promise((resolve, reject) => (this.#waiting = { resolve, reject }));
  }

  return(): Promise<IteratorResult<Value>> {
    this.end();
    this.#values = [];
    this.#next = 0;
    this.onLeave();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
