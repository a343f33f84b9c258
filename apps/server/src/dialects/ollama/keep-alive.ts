import { LlmiError } from '@llmi/core';
import type { Gateway } from '../../gateway.js';

const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * `keep_alive` in milliseconds: seconds as a number, or Go's way of writing a duration. Infinity for one below 0.
 * @throws {LlmiError} INPUT_INVALID
 */
export function keepAliveMs(value: number | string): number {
  const seconds = typeof value === 'number' ? value : value.trim() === '' ? Number.NaN : Number(value);
  if (Number.isFinite(seconds)) return seconds < 0 ? Number.POSITIVE_INFINITY : seconds * 1000;
  const text = String(value);
  if (!/^-?(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) {
    throw new LlmiError('INPUT_INVALID', { message: `"${text.slice(0, 40)}" is no duration.`, hint: 'Write seconds as a number, or "30s", "5m", "1h30m".', param: 'keep_alive' });
  }
  if (text.startsWith('-')) return Number.POSITIVE_INFINITY;
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)].reduce((total, [, count, unit]) => total + Number(count) * unitMs[unit!]!, 0);
}

/** Before a model that works is looked at again. */
const shortestWaitMs = 1000;

/**
 * Lets models go sooner than the server would by itself, where a request asks for that. One that asks for longer gets what the
 * server keeps: how long memory is held is its owner's to say.
 */
export class KeepAlive {
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(readonly engine: Gateway['engine']) {}

  /** The answer is out: from here on the model is idle, for this long. */
  async after(model: string, value: number | string | null | undefined): Promise<void> {
    clearTimeout(this.#timers.get(model));
    this.#timers.delete(model);
    if (value === null || value === undefined) return;
    const milliseconds = keepAliveMs(value);
    if (milliseconds === 0) return void (await this.#unloadIdle(model));
    const { keepAliveMinutes } = this.engine.settings;
    if (milliseconds >= (keepAliveMinutes === 0 ? Number.POSITIVE_INFINITY : keepAliveMinutes * 60_000) || milliseconds > 0x7fffffff) return;
    this.#unloadIn(model, milliseconds, milliseconds);
  }

  /** Unless the model was used since, by requests that did not say: then it stays for as long after those. */
  #unloadIn(model: string, idleMs: number, waitMs: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(model);
      const status = this.engine.loaded().find(({ name }) => name === model);
      if (!status) return;
      const leftMs = Date.parse(status.lastUsedAt) + idleMs - Date.now();
      if (status.active > 0 || leftMs > 0) return this.#unloadIn(model, idleMs, Math.max(leftMs, shortestWaitMs));
      void this.#unloadIdle(model).catch(() => {}); // a model that fails to leave is out of use all the same
    }, waitMs);
    timer.unref();
    this.#timers.set(model, timer);
  }

  async #unloadIdle(model: string): Promise<void> {
    const status = this.engine.loaded().find(({ name }) => name === model);
    if (status && status.active === 0 && status.waiting === 0) await this.engine.unload(model);
  }
}
