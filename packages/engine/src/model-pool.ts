import { LlmiError } from '@llmi/core';
import type { LoadedModelStatus, ServedModel } from './contract.js';
import { freeMemory } from './machine.js';
import type { ModelHost } from './model-host.js';

export interface PoolSettings {
  /** Requests that may wait for one model before QUEUE_FULL. */
  maxQueue: number;
  /** Idle models are unloaded after this time; 0 keeps them. */
  keepAliveMs: number;
  /** Loads a model into memory. */
  load(model: ServedModel, options: { signal: AbortSignal }): Promise<ModelHost>;
  /** Bytes that are free for models; replaced in tests. */
  freeMemory?: () => number;
}

/** The right to one of a model's places, for one request. */
export interface Lease extends Disposable {
  readonly host: ModelHost;
  /** Milliseconds spent waiting for a place, and for the model to load. */
  readonly waited: { queue: number; load: number };
}

interface Waiter {
  admit(): void;
  refuse(error: unknown): void;
}

/**
 * Models in memory: loaded on demand, one queue each, first come first served, unloaded when idle or when another model needs
 * the memory (least recently used first, never one that works).
 */
export class ModelPool {
  readonly #entries = new Map<string, PoolEntry>();
  #loading: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(readonly settings: PoolSettings) {}

  /**
   * A place for one request. @throws {LlmiError} QUEUE_FULL, MEMORY_INSUFFICIENT, SHUTTING_DOWN, or why loading failed;
   * rejects with `signal.reason` when aborted, waiting or loading.
   */
  async lease(model: ServedModel, signal?: AbortSignal): Promise<Lease> {
    signal?.throwIfAborted();
    if (this.#closed) throw new LlmiError('SHUTTING_DOWN', { message: 'The server is shutting down.', hint: 'Try again in a moment.' });
    const entry = this.#entry(model);
    const start = performance.now();
    const host = await entry.ready(signal);
    const loaded = performance.now();
    await entry.enter(signal);
    const queued = performance.now();
    if (entry.host !== host) {
      // The model went away while this request waited for its turn: a new process serves it.
      entry.leave();
      return this.lease(model, signal);
    }
    let left = false;
    return {
      host,
      waited: { queue: queued - loaded, load: loaded - start },
      [Symbol.dispose]: () => {
        if (left) return;
        left = true;
        entry.leave();
      },
    };
  }

  statuses(): LoadedModelStatus[] {
    return [...this.#entries.values()].map((entry) => entry.status());
  }

  /** Takes a model out of memory. @returns false when it was not loaded */
  async unload(name: string, { force = false } = {}): Promise<boolean> {
    const entry = this.#entries.get(name);
    if (!entry) return false;
    await entry.close(force);
    return true;
  }

  async close({ force = false } = {}): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#entries.values()].map((entry) => entry.close(force)));
  }

  #entry(model: ServedModel): PoolEntry {
    const known = this.#entries.get(model.name);
    if (known && !known.closing) return known;
    const entry: PoolEntry = new PoolEntry(model, this.settings, (load) => this.#loadInTurn(entry, load), () => {
      if (this.#entries.get(model.name) === entry) this.#entries.delete(model.name);
    });
    this.#entries.set(model.name, entry);
    return entry;
  }

  /** One model loads at a time, so that each sees the memory the one before it took. */
  #loadInTurn(entry: PoolEntry, load: () => Promise<ModelHost>): Promise<ModelHost> {
    const turn = this.#loading.then(async () => {
      await this.#makeRoom(entry);
      return load();
    });
    this.#loading = turn.catch(() => {});
    return turn;
  }

  async #makeRoom(entry: PoolEntry): Promise<void> {
    const { requirements } = entry.model.installed;
    const needed = requirements.memoryRequirements.min * 1e9;
    const free = this.settings.freeMemory ?? freeMemory;
    while (free() < needed) {
      const idle = [...this.#entries.values()].filter((other) => other !== entry && other.idle).sort((left, right) => left.lastUsed - right.lastUsed)[0];
      if (!idle) {
        throw new LlmiError('MEMORY_INSUFFICIENT', {
          message: `${entry.model.name} needs ${(needed / 1e9).toFixed(2)} GB of memory; ${(free() / 1e9).toFixed(2)} GB are free.`,
          hint: 'Stop other programs or models, or install a smaller quantization: "llmi check" shows what fits.',
        });
      }
      await idle.close(false);
    }
  }
}

/** One model of the pool: its host, its queue, its clock. */
class PoolEntry {
  host: ModelHost | undefined;
  closing = false;
  lastUsed = Date.now();
  #opening: Promise<ModelHost> | undefined;
  #loadAborted = new AbortController();
  #interested = 0; // callers that wait for the load
  #active = 0;
  #waiters: Waiter[] = [];
  #idleTimer: NodeJS.Timeout | undefined;
  #drained = () => {};
  #loadedAt = Date.now();

  constructor(
    readonly model: ServedModel,
    readonly settings: PoolSettings,
    readonly loadInTurn: (load: () => Promise<ModelHost>) => Promise<ModelHost>,
    readonly removed: () => void,
  ) {}

  get idle(): boolean {
    return this.host !== undefined && this.#active === 0 && this.#waiters.length === 0 && this.#interested === 0 && !this.closing;
  }

  /** The loaded model; several callers share one load, which is given up when the last of them leaves. */
  async ready(signal: AbortSignal | undefined): Promise<ModelHost> {
    if (this.host) return this.host;
    this.#opening ??= this.#open();
    this.#interested += 1;
    try {
      return await raceAbort(this.#opening, signal);
    } finally {
      this.#interested -= 1;
      if (this.#interested === 0 && signal?.aborted && !this.host) this.#giveUp(signal.reason);
    }
  }

  /** Nobody waits for the load any more. Whoever asks from now on starts another one. */
  #giveUp(reason: unknown): void {
    this.closing = true;
    this.removed();
    this.#loadAborted.abort(reason);
  }

  async #open(): Promise<ModelHost> {
    try {
      const host = await this.loadInTurn(() => this.settings.load(this.model, { signal: this.#loadAborted.signal }));
      this.host = host;
      this.#loadedAt = Date.now();
      void host.gone.then(() => this.#gone());
      this.#touch();
      return host;
    } catch (error) {
      this.#gone();
      throw error;
    }
  }

  /** The model is gone, by a crash or on purpose: whoever still waits looks for a new one. */
  #gone(): void {
    this.closing = true;
    this.host = undefined;
    clearTimeout(this.#idleTimer);
    this.removed();
    for (const waiter of this.#waiters.splice(0)) waiter.admit();
  }

  /** Waits for one of the model's places. */
  async enter(signal: AbortSignal | undefined): Promise<void> {
    clearTimeout(this.#idleTimer);
    if (this.#active < (this.host?.info.parallel ?? 1) || !this.host) {
      this.#active += 1;
      return;
    }
    if (this.#waiters.length >= this.settings.maxQueue) {
      throw new LlmiError('QUEUE_FULL', {
        message: `${this.#waiters.length} requests already wait for ${this.model.name}.`,
        hint: 'Try again in a few seconds.',
      });
    }
    let waiter: Waiter | undefined;
    const turn = new Promise<void>((resolve, reject) => {
      waiter = { admit: () => ((this.#active += 1), resolve()), refuse: reject };
      this.#waiters.push(waiter);
    });
    const abort = () => {
      const place = this.#waiters.indexOf(waiter!);
      if (place < 0) return; // already admitted: the caller leaves by itself
      this.#waiters.splice(place, 1);
      waiter!.refuse(signal!.reason);
    };
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await turn;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  leave(): void {
    this.#active -= 1;
    const next = this.#waiters.shift();
    if (next) return next.admit();
    if (this.#active === 0) this.#drained();
    this.#touch();
  }

  #touch(): void {
    this.lastUsed = Date.now();
    clearTimeout(this.#idleTimer);
    if (this.settings.keepAliveMs === 0 || this.#active > 0) return;
    this.#idleTimer = setTimeout(() => this.idle && void this.close(false), this.settings.keepAliveMs);
    this.#idleTimer.unref();
  }

  async close(force: boolean): Promise<void> {
    this.closing = true;
    this.#loadAborted.abort(new LlmiError('SHUTTING_DOWN', { message: `${this.model.name} is being unloaded.`, hint: 'Send the request again.' }));
    const host = this.host ?? (await this.#opening?.catch(() => undefined));
    if (!host) return;
    if (force) host.kill();
    else {
      if (this.#active > 0) await Promise.race([host.gone, new Promise<void>((resolve) => (this.#drained = resolve))]);
      await host[Symbol.asyncDispose]();
    }
    await host.gone;
  }

  status(): LoadedModelStatus {
    return {
      name: this.model.name,
      state: this.closing ? 'stopping' : this.host ? 'ready' : 'loading',
      pid: this.host?.pid,
      loadedAt: new Date(this.#loadedAt).toISOString(),
      lastUsedAt: new Date(this.lastUsed).toISOString(),
      active: this.#active,
      waiting: this.#waiters.length,
      memoryBytes: this.host?.memoryBytes,
      info: this.host?.info,
    };
  }
}

function raceAbort<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
