import { setTimeout as sleep } from 'node:timers/promises';

const longestSleepMs = 1_000;

/** What all files of a download share: a number of connections, and the bandwidth. */
export class Connections {
  /** Files on their way; each gets its share of the connections. */
  files = 0;
  #free: number;
  readonly #queue: (() => void)[] = [];
  #paidUntil = 0; // when the bytes taken so far will have had their time, by performance.now()

  constructor(
    readonly limit: number,
    private readonly maxBytesPerSecond: number | undefined,
  ) {
    this.#free = limit;
  }

  /** Connections that one file may use now. */
  get share(): number {
    return Math.max(1, Math.floor(this.limit / Math.max(1, this.files)));
  }

  /** Waits for a free connection. Disposing gives it back. */
  async take(): Promise<Disposable> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
    return {
      [Symbol.dispose]: () => {
        const next = this.#queue.shift();
        if (next) next();
        else this.#free++;
      },
    };
  }

  /** Waits until `bytes` more fit into the bandwidth. */
  async spend(bytes: number, signal: AbortSignal): Promise<void> {
    if (this.maxBytesPerSecond === undefined) return;
    this.#paidUntil = Math.max(this.#paidUntil, performance.now()) + (bytes / this.maxBytesPerSecond) * 1000;
    const until = this.#paidUntil;
    for (let left; (left = until - performance.now()) > 0; ) {
      await sleep(Math.min(left, longestSleepMs), undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}
