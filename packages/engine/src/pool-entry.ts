import { LlmiError } from '@llmi/core';
import type { LoadedModelStatus, ServedModel } from './contract.js';
import type { ModelHost } from './model-host.js';
import { raceAbort } from './race-abort.js';
import { TurnQueue, type TurnOptions } from './turn-queue.js';

export interface EntrySettings {
  maxQueue: number;
  keepAliveMs: number;
  /** Loads the model when its turn has come. */
  load(signal: AbortSignal): Promise<ModelHost>;
  /** It went by itself after it was loaded. */
  onCrash(reason: LlmiError): void;
  /** No new request comes here any more; the model may still be in memory. */
  onRetired(): void;
  /** Nothing of the model is in memory any more. */
  onGone(): void;
}

/** One model of the pool: its host, its queue, its clock. */
export class PoolEntry {
  host: ModelHost | undefined;
  closing = false;
  lastUsed = Date.now();
  #opening: Promise<ModelHost> | undefined;
  #loadAborted = new AbortController();
  #interested = 0; // callers that wait for the load
  #active = 0;
  readonly #waiters = new TurnQueue();
  #pinned = false;
  #idleTimer: NodeJS.Timeout | undefined;
  #drained = () => {};
  #loadedAt = Date.now();

  constructor(
    /** Replaced by the same model under a newer name. */
    public model: ServedModel,
    readonly settings: EntrySettings,
  ) {}

  /** Stays in memory until it is asked to leave. */
  get pinned(): boolean {
    return this.#pinned;
  }

  set pinned(pinned: boolean) {
    this.#pinned = pinned;
    this.#touch();
  }

  /** It could leave now. */
  get idle(): boolean {
    return !this.#pinned && this.host !== undefined && this.#active === 0 && this.#waiters.length === 0 && this.#interested === 0 && !this.closing;
  }

  /** Bytes the model needs at least. */
  get neededBytes(): number {
    return this.model.installed.requirements.memoryRequirements.min * 1e9;
  }

  /** Bytes that come free when the model goes. */
  get heldBytes(): number {
    return Math.max(this.host?.memoryBytes ?? 0, this.neededBytes * (this.host?.replicas?.length ?? 1));
  }

  /** The loaded model; several callers share one load, which is given up when the last of them leaves. */
  async ready(signal: AbortSignal | undefined): Promise<ModelHost> {
    if (this.host) return this.host;
    if (this.#interested > this.settings.maxQueue) throw this.#queueFull(this.#interested);
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
    this.#retire();
    this.#loadAborted.abort(reason);
  }

  #retire(): void {
    this.closing = true;
    this.settings.onRetired();
  }

  async #open(): Promise<ModelHost> {
    try {
      const host = await this.settings.load(this.#loadAborted.signal);
      this.host = host;
      this.#loadedAt = Date.now();
      void host.gone.then((crash) => {
        if (crash) this.settings.onCrash(crash);
        this.#gone();
      });
      this.#touch();
      return host;
    } catch (error) {
      this.#gone();
      throw error;
    }
  }

  /** The model is gone, by a crash or on purpose: whoever still waits looks for a new one. */
  #gone(): void {
    this.host = undefined;
    clearTimeout(this.#idleTimer);
    this.#retire();
    this.settings.onGone();
    this.#waiters.admitAll();
  }

  /** Waits for one of the model's places. */
  async enter(signal: AbortSignal | undefined, options: TurnOptions = {}): Promise<void> {
    clearTimeout(this.#idleTimer);
    if (this.#active < this.#places || !this.host) {
      this.#active += 1;
      this.#waiters.noteTurn(options.client);
      return;
    }
    if (this.#waiters.length >= this.settings.maxQueue) throw this.#queueFull(this.#waiters.length);
    let abort = () => {};
    const turn = new Promise<void>((resolve, reject) => {
      const leave = this.#waiters.add(() => ((this.#active += 1), resolve()), options);
      abort = () => leave() && reject(signal!.reason); // once admitted, the caller leaves by itself
    });
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await turn;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  leave(): void {
    this.#active -= 1;
    this.admit();
    if (this.#active === 0) this.#drained();
    this.#touch();
  }

  /** Lets in who waits, as far as there are places: a replica that came brings some, one that crashed takes some away. */
  admit(): void {
    while (this.#active < this.#places && this.#waiters.admitNext());
  }

  get #places(): number {
    return this.host?.info.parallel ?? 1;
  }

  #queueFull(waiting: number): LlmiError {
    return new LlmiError('QUEUE_FULL', { message: `${waiting} requests already wait for ${this.model.name}.`, hint: 'Try again in a few seconds.' });
  }

  #touch(): void {
    this.lastUsed = Date.now();
    clearTimeout(this.#idleTimer);
    if (this.settings.keepAliveMs === 0 || this.#active > 0 || !this.host) return;
    this.#idleTimer = setTimeout(() => this.idle && this.leaveSoon(), this.settings.keepAliveMs);
    this.#idleTimer.unref();
  }

  /** Goes when its work is done, with nobody waiting for it: a model that fails to leave tidily is out of use all the same. */
  leaveSoon(): void {
    this.close(false).catch(() => {});
  }

  /** Takes no new request, ends the work in progress or waits for it, and gives the memory back. */
  async close(force: boolean): Promise<void> {
    this.#retire();
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
      pinned: this.#pinned,
      state: this.closing ? 'stopping' : this.host ? 'ready' : 'loading',
      pid: this.host?.pid,
      loadedAt: new Date(this.#loadedAt).toISOString(),
      lastUsedAt: new Date(this.lastUsed).toISOString(),
      active: this.#active,
      waiting: this.#waiters.length,
      memoryBytes: this.host?.memoryBytes,
      ...(this.host?.replicas ? { replicas: this.host.replicas } : {}),
      info: this.host?.info,
    };
  }
}
