import { LlmiError } from '@llmi/core';
import { formatBytes } from '@llmi/core/units';
import { CrashFence } from './crash-fence.js';
import type { LoadedModelStatus, ServedModel } from './contract.js';
import { freeMemory } from './machine.js';
import type { ModelHost } from './model-host.js';
import { PoolEntry } from './pool-entry.js';
import { raceAbort } from './race-abort.js';
import { openReplicas } from './replicated-host.js';
import type { LogEntry } from './settings.js';
import type { TurnOptions } from './turn-queue.js';

export interface LoadOptions {
  signal: AbortSignal;
  /** Which of the model's processes this is, counted from 1. */
  replica: number;
  replicas: number;
}

export interface PoolSettings {
  /** Requests that may wait for one model before QUEUE_FULL. */
  maxQueue: number;
  /** Idle models are unloaded after this time; 0 keeps them. */
  keepAliveMs: number;
  /** Loads a model into memory. Settles soon after `signal` aborts, when what it had taken is given back. */
  load(model: ServedModel, options: LoadOptions): Promise<ModelHost>;
  /** In how many processes a model is to be. Default: one. */
  replicas?: (model: ServedModel) => Promise<number>;
  log?: (entry: LogEntry) => void;
  /** Bytes that are free for models; replaced in tests. */
  freeMemory?: () => number;
}

/** The right to one of a model's places, for one request. */
export interface Lease extends Disposable {
  readonly host: ModelHost;
  /** The model as it was when the place was given. */
  readonly status: LoadedModelStatus;
  /** Milliseconds spent waiting for a place, and for the model to load. */
  readonly waited: { queue: number; load: number };
  /** The model did what it was asked: it does not keep crashing. */
  answered(): void;
}

export interface LeaseOptions extends TurnOptions {
  signal?: AbortSignal;
  /** Changes whether the model stays in memory for good. */
  pinned?: boolean;
}

/** A load that takes longer lets the next one begin: a model that hangs while it loads must not keep the others out. */
const longestTurnMs = 60_000;

/**
 * Models in memory: loaded on demand, one queue each, first come first served, unloaded when idle or when another model needs
 * the memory (least recently used first, never one that works).
 */
export class ModelPool {
  /** Where new requests go, by `keyOf`. */
  readonly #entries = new Map<string, PoolEntry>();
  /** Those and the ones on their way out: all that may hold memory. */
  readonly #all = new Set<PoolEntry>();
  /** Bytes that each load in progress needs. */
  readonly #loading = new Set<{ bytes: number }>();
  readonly #fence = new CrashFence();
  #turn: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(readonly settings: PoolSettings) {}

  /**
   * A place for one request. @throws {LlmiError} QUEUE_FULL, MEMORY_INSUFFICIENT, SHUTTING_DOWN, or why loading failed;
   * rejects with `signal.reason` when aborted, waiting or loading.
   */
  async lease(model: ServedModel, { signal, pinned, ...turn }: LeaseOptions = {}): Promise<Lease> {
    const waited = { queue: 0, load: 0 };
    for (;;) {
      signal?.throwIfAborted();
      if (this.#closed) throw new LlmiError('SHUTTING_DOWN', { message: 'The server is shutting down.', hint: 'Try again in a moment.' });
      const entry = this.#entry(model);
      const start = performance.now();
      const host = await entry.ready(signal);
      const loaded = performance.now();
      await entry.enter(signal, turn);
      waited.load += loaded - start;
      waited.queue += performance.now() - loaded;
      if (entry.host === host && !host.ended) {
        if (pinned !== undefined) entry.pinned = pinned;
        return this.#leaseOf(entry, host, waited);
      }
      // The model went away while this request waited for its turn: a new process serves it, when the old one's memory is back.
      entry.leave();
      await raceAbort(host.gone, signal);
    }
  }

  /** Each model once: one that is on its way out counts only while no newer one has its name. */
  statuses(): LoadedModelStatus[] {
    const current = [...this.#entries.values()];
    const names = new Set(current.map(({ model }) => model.name));
    const leaving = [...this.#all].filter((entry) => !names.has(entry.model.name));
    return [...current, ...leaving].map((entry) => entry.status());
  }

  /** Takes a model out of memory. @returns false when it was not loaded */
  async unload(model: ServedModel, { force = false } = {}): Promise<boolean> {
    const entries = [...this.#all].filter((entry) => keyOf(entry.model) === keyOf(model));
    this.#fence.clear(keyOf(model));
    await Promise.all(entries.map((entry) => entry.close(force)));
    return entries.length > 0;
  }

  async close({ force = false } = {}): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#all].map((entry) => entry.close(force)));
  }

  #entry(model: ServedModel): PoolEntry {
    const key = keyOf(model);
    const known = this.#entries.get(key);
    if (known && known.model.installed.installedAt === model.installed.installedAt) {
      known.model = model;
      return known;
    }
    known?.leaveSoon(); // installed anew: its files may be others
    if (known) this.#fence.clear(key);
    const entry: PoolEntry = new PoolEntry(model, {
      maxQueue: this.settings.maxQueue,
      keepAliveMs: this.settings.keepAliveMs,
      load: (signal) => this.#open(entry, signal),
      onCrash: (reason) => this.#fence.crashed(key, reason),
      onRetired: () => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
      },
      onGone: () => this.#all.delete(entry),
    });
    this.#entries.set(key, entry);
    this.#all.add(entry);
    return entry;
  }

  async #open(entry: PoolEntry, signal: AbortSignal): Promise<ModelHost> {
    const { name } = entry.model;
    const replicas = (await this.settings.replicas?.(entry.model)) ?? 1;
    return openReplicas(
      {
        count: replicas,
        load: (replica, ended) => this.#loadInTurn(entry, { signal: ended, replica, replicas }),
        onCrash: (reason) => {
          this.settings.log?.({ level: 'warn', message: 'a replica crashed, the others go on', model: name, reason: reason.message });
          this.#fence.crashed(keyOf(entry.model), reason);
        },
        onFailure: (replica, reason) => this.settings.log?.({ level: 'warn', message: 'a replica could not be started, the others go on', model: name, replica, reason: (reason as Error).message }),
        onRoom: () => entry.admit(),
      },
      signal,
    );
  }

  /** One model loads at a time, so that each sees the memory the one before it took. */
  async #loadInTurn(entry: PoolEntry, options: LoadOptions): Promise<ModelHost> {
    const { signal } = options;
    await this.#fence.pass(keyOf(entry.model), entry.model.name, signal);
    if (entry.neededBytes === 0) return this.#load(entry, options); // of another machine: it waits for no other load
    const before = this.#turn;
    const loaded = raceAbort(before, signal).then(() => this.#load(entry, options));
    this.#turn = before.then(() => settledWithin(longestTurnMs, loaded));
    return loaded;
  }

  async #load(entry: PoolEntry, options: LoadOptions): Promise<ModelHost> {
    const { signal } = options;
    signal.throwIfAborted();
    await this.#makeRoom(entry, signal);
    const loading = { bytes: entry.neededBytes };
    this.#loading.add(loading);
    try {
      const host = await this.settings.load(entry.model, options);
      if (signal.aborted) await host[Symbol.asyncDispose](); // ready in the moment it was given up
      signal.throwIfAborted();
      return host;
    } catch (error) {
      if (LlmiError.is(error) && error.code === 'RUNNER_CRASHED') this.#fence.crashed(keyOf(entry.model), error);
      throw error;
    } finally {
      this.#loading.delete(loading);
    }
  }

  #leaseOf(entry: PoolEntry, host: ModelHost, waited: Lease['waited']): Lease {
    let left = false;
    return {
      host,
      status: entry.status(),
      waited,
      answered: () => this.#fence.clear(keyOf(entry.model)),
      [Symbol.dispose]: () => {
        if (left) return;
        left = true;
        entry.leave();
      },
    };
  }

  /** Unloads idle models until there is room, unless all of them together would not make enough. */
  async #makeRoom(entry: PoolEntry, signal: AbortSignal): Promise<void> {
    const freeNow = this.settings.freeMemory ?? freeMemory;
    for (;;) {
      signal.throwIfAborted();
      const free = freeNow() - sum([...this.#loading].map(({ bytes }) => bytes));
      if (free >= entry.neededBytes) return;
      const others = [...this.#all].filter((other) => other !== entry && other.host);
      const idle = others.filter((other) => other.idle).sort((left, right) => left.lastUsed - right.lastUsed);
      const leaving = others.filter((other) => other.closing);
      const next = idle[0] ?? leaving[0];
      if (!next || free + sum([...idle, ...leaving].map((other) => other.heldBytes)) < entry.neededBytes) throw tooLarge(entry, free);
      await raceAbort<unknown>(next.closing ? next.host!.gone : next.close(false), signal);
    }
  }
}

/** What stays the same when a model is called differently: an installed model's folder. */
function keyOf({ name, installed }: ServedModel): string {
  return installed.folder || name;
}

function tooLarge(entry: PoolEntry, free: number): LlmiError {
  return new LlmiError('MEMORY_INSUFFICIENT', {
    message: `${entry.model.name} needs ${formatBytes(entry.neededBytes)} of memory; ${formatBytes(Math.max(0, free))} are free.`,
    hint: 'Stop other programs or models, or install a smaller quantization: "llmi check" shows what fits.',
  });
}

/** Resolves when `work` has ended, however, or after `limitMs`. */
function settledWithin(limitMs: number, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, limitMs);
    timer.unref();
    const settled = () => (clearTimeout(timer), resolve());
    work.then(settled, settled);
  });
}

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
