import { setTimeout as pause } from 'node:timers/promises';
import { LlmiError, type GenerateEvent, type GenerateRequest, type LoadedModelInfo } from '@llmi/core';
import type { ModelHost, ReplicaStatus } from './model-host.js';

/** After a replica could not be started it is tried again: at first after so long, twice as long each time. */
const shortestRestMs = 1000;
const longestRestMs = 60_000;

export interface ReplicaSettings {
  count: number;
  /** Loads replica `index`, counted from 1, when its turn has come. */
  load(index: number, signal: AbortSignal): Promise<ModelHost>;
  /** One went by itself while others still work. */
  onCrash(reason: LlmiError): void;
  /** One could not be started; the others work, and it is tried again. */
  onFailure(index: number, reason: unknown): void;
  /** More requests can be taken than before. */
  onRoom(): void;
}

/** A model in memory as often as is wanted: ready with its first replica, the others follow. */
export async function openReplicas(settings: ReplicaSettings, signal: AbortSignal): Promise<ModelHost> {
  const first = await settings.load(1, signal);
  return settings.count === 1 ? first : new ReplicatedHost(first, settings);
}

interface Replica {
  host: ModelHost;
  active: number;
}

/** Several processes with one model: each request goes to the least busy, and one that crashes is started again beside the others. */
export class ReplicatedHost implements ModelHost {
  readonly gone: Promise<LlmiError | undefined>;
  readonly #replicas = new Set<Replica>();
  readonly #closed = new AbortController();
  readonly #firstInfo: LoadedModelInfo;
  #starting = 0;
  #crash: LlmiError | undefined;
  #leave!: (crash: LlmiError | undefined) => void;

  constructor(
    first: ModelHost,
    readonly settings: ReplicaSettings,
  ) {
    this.gone = new Promise((resolve) => (this.#leave = resolve));
    this.#firstInfo = first.info;
    this.#add(1, first);
    for (let index = 2; index <= settings.count; index++) void this.#start(index);
  }

  /** Of the first one, with the places of all. */
  get info(): LoadedModelInfo {
    const parallel = this.#taking.reduce((sum, { host }) => sum + host.info.parallel, 0);
    return { ...this.#firstInfo, parallel: parallel || this.#firstInfo.parallel };
  }

  get pid(): number | undefined {
    return this.replicas[0]?.pid;
  }

  get memoryBytes(): number | undefined {
    const known = this.replicas.flatMap(({ memoryBytes }) => memoryBytes ?? []);
    return known.length === 0 ? undefined : known.reduce((sum, bytes) => sum + bytes, 0);
  }

  get ended(): boolean {
    return this.#closed.signal.aborted || this.#taking.length === 0;
  }

  get replicas(): ReplicaStatus[] {
    return [...this.#replicas].map(({ host: { pid, memoryBytes }, active }) => ({ pid, memoryBytes, active }));
  }

  get #taking(): Replica[] {
    return [...this.#replicas].filter(({ host }) => !host.ended);
  }

  async *generate(request: GenerateRequest, options: { signal?: AbortSignal }): AsyncIterable<GenerateEvent> {
    const load = ({ host, active }: Replica) => active / host.info.parallel;
    const [replica] = this.#taking.sort((one, other) => load(one) - load(other));
    if (!replica) throw this.#crash ?? new LlmiError('SHUTTING_DOWN', { message: 'The model was unloaded.', hint: 'Send the request again.' });
    replica.active += 1;
    try {
      yield* replica.host.generate(request, options);
    } finally {
      replica.active -= 1;
    }
  }

  kill(): void {
    this.#closed.abort();
    for (const { host } of this.#replicas) host.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await Promise.all([...this.#replicas].map(({ host }) => host[Symbol.asyncDispose]()));
  }

  #add(index: number, host: ModelHost): void {
    const replica = { host, active: 0 };
    this.#replicas.add(replica);
    void host.gone.then((crash) => {
      this.#replicas.delete(replica);
      if (this.#replicas.size === 0) {
        this.#crash = this.#closed.signal.aborted ? undefined : crash;
        this.#closed.abort();
      } else if (!this.#closed.signal.aborted) {
        if (crash) this.settings.onCrash(crash);
        void this.#start(index);
      }
      this.#leaveWhenEmpty();
    });
  }

  /** Tries until the replica runs, or the model is not wanted any more. */
  async #start(index: number): Promise<void> {
    const { signal } = this.#closed;
    this.#starting += 1;
    for (let restMs = shortestRestMs; !signal.aborted; restMs = Math.min(longestRestMs, restMs * 2)) {
      try {
        this.#add(index, await this.settings.load(index, signal));
        this.settings.onRoom();
        break;
      } catch (error) {
        if (signal.aborted) break;
        this.settings.onFailure(index, error);
        await pause(restMs, undefined, { signal, ref: false }).catch(() => {}); // aborted: the loop ends
      }
    }
    this.#starting -= 1;
    this.#leaveWhenEmpty();
  }

  /** What is still being started holds memory too. */
  #leaveWhenEmpty(): void {
    if (this.#replicas.size === 0 && this.#starting === 0) this.#leave(this.#crash);
  }
}
