import { setTimeout as pause } from 'node:timers/promises';
import { LlmiError } from '@llmi/core';

/** Crashes with no answer between them, after which a model is left alone. */
const strikesToFence = 5;
const firstDelayMs = 500;
const firstFenceMs = 30_000;
const longestFenceMs = 10 * 60_000;

interface Strikes {
  count: number;
  /** On the clock of `performance.now()`. */
  until: number;
  reason: LlmiError;
}

/**
 * Keeps a model that crashes again and again from being started for every request: the first restart comes at once, the next ones after
 * a growing delay, then none for a while. One answer clears it.
 */
export class CrashFence {
  readonly #strikes = new Map<string, Strikes>();

  /** @param now milliseconds; replaced in tests */
  constructor(private readonly now: () => number = () => performance.now()) {}

  crashed(key: string, reason: LlmiError): void {
    const known = this.#strikes.get(key);
    if (known && known.count >= strikesToFence && known.until > this.now()) return; // it was not started: what failed is a request that was turned away
    const count = (known?.count ?? 0) + 1;
    this.#strikes.set(key, { count, until: this.now() + delayOf(count), reason });
  }

  clear(key: string): void {
    this.#strikes.delete(key);
  }

  /**
   * Waits until the model may be started.
   * @throws {LlmiError} RUNNER_CRASHED with the reason, while it is left alone
   */
  async pass(key: string, name: string, signal: AbortSignal): Promise<void> {
    const strikes = this.#strikes.get(key);
    const left = strikes ? strikes.until - this.now() : 0;
    if (!strikes || left <= 0) return;
    if (strikes.count < strikesToFence) return void (await pause(left, undefined, { signal }));
    const seconds = Math.ceil(left / 1000);
    throw new LlmiError('RUNNER_CRASHED', {
      message: `${name} crashed ${strikes.count} times in a row and is left alone for ${seconds} seconds. Last: ${strikes.reason.message}`,
      hint: 'The logs/runner.log in its folder says more. Unload it to try again at once.',
      cause: strikes.reason,
    });
  }
}

/** Milliseconds before the next start, after so many crashes in a row. */
function delayOf(count: number): number {
  if (count === 1) return 0;
  if (count < strikesToFence) return firstDelayMs * 2 ** (count - 2);
  return Math.min(longestFenceMs, firstFenceMs * 2 ** (count - strikesToFence));
}
