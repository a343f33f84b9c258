import type { LlamaContextSequence, Token } from 'node-llama-cpp';
import type { AdapterSet } from './adapters.js';
import { copyPrefix } from './native.js';

/** One place in the context where a request can run. It keeps the tokens of its last request for the next one. */
export interface Slot {
  readonly index: number;
  readonly sequence: LlamaContextSequence;
  lastUsed: number;
  /** The adapters that its kept tokens were evaluated with. */
  adapterKey: string | undefined;
  /** What it keeps was shifted: it is not what evaluating its tokens would give. */
  isShifted: boolean;
  /** The latest native work of the request that has it. The memory must not go away before it is over. */
  work: Promise<unknown>;
}

interface Waiting {
  tokens: readonly Token[];
  adapters: AdapterSet;
  resolve(slot: Slot | Promise<Slot>): void;
  reject(error: unknown): void;
}

/** After a change that failed: the next request makes one again. */
const unknownAdapters: AdapterSet = { key: '', adapters: [] };

/** A shorter prefix is evaluated faster than another sequence's keys and values are copied. */
const worthCopying = 64; // tokens

/**
 * Hands the sequences of a context to requests: first come, first served; to each the free one that knows most of its prompt.
 * Requests with other adapters than those that run wait until these are done: adapters are a matter of the whole context.
 */
export class SequencePool {
  readonly #slots: Slot[] = [];
  readonly #free: Slot[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #used = new Set<Slot>();
  #clock = 0;
  #active: AdapterSet;
  #switched: Promise<void> = Promise.resolve();

  constructor(
    loaded: AdapterSet,
    private readonly switchAdapters: (adapters: AdapterSet) => Promise<void>,
  ) {
    this.#active = loaded;
  }

  add(sequence: LlamaContextSequence): void {
    const slot: Slot = { index: this.#slots.length, sequence, lastUsed: 0, adapterKey: undefined, isShifted: false, work: Promise.resolve() };
    this.#slots.push(slot);
    this.#free.push(slot);
  }

  /** Requests that have a sequence. */
  get running(): number {
    return this.#used.size;
  }

  /** A sequence to work on; waits until one is free. The caller gives it back with `release`. */
  acquire(tokens: readonly Token[], adapters: AdapterSet, signal?: AbortSignal): Promise<Slot> {
    if (this.#waiting.length === 0 && this.#admits(adapters)) return this.#take(tokens, adapters);
    return new Promise((resolve, reject) => {
      const entry: Waiting = {
        tokens,
        adapters,
        resolve: (found) => (signal?.removeEventListener('abort', abort), resolve(found)),
        reject: (error) => (signal?.removeEventListener('abort', abort), reject(error)),
      };
      const abort = () => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1);
        reject(signal?.reason);
        this.#serve(); // it may have kept back others with the adapters that run
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.push(entry);
    });
  }

  /** Takes a sequence back, once its work is over. */
  release(slot: Slot): void {
    const free = () => {
      slot.lastUsed = ++this.#clock;
      this.#used.delete(slot);
      this.#free.push(slot);
      this.#serve();
    };
    slot.work.then(free, free);
  }

  /** Refuses everyone who waits. */
  rejectWaiting(error: unknown): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  /** Resolves when no native work goes on. Requests whose caller does not ask for more are not waited for. */
  async quiet(): Promise<void> {
    for (;;) {
      const works = [...this.#used].map(({ work }) => work);
      await Promise.allSettled(works);
      if ([...this.#used].every(({ work }) => works.includes(work))) return;
    }
  }

  /**
   * Makes `slot` hold a prefix of `tokens`, as long as possible but not all of them: the last one must be evaluated to get what
   * follows it. Another sequence that knows much more of it, in use or not, gives a copy. Returns how many tokens it holds.
   */
  async prepare(slot: Slot, tokens: readonly Token[]): Promise<number> {
    const { key } = this.#active;
    const { sequence } = slot;
    if (slot.isShifted || (slot.adapterKey !== key && sequence.nextTokenIndex > 0)) await sequence.clearHistory();
    slot.isShifted = false;
    slot.adapterKey = key;
    const [donor, common] = this.#bestDonor(slot, tokens);
    if (donor && common > commonPrefix(sequence, tokens) + worthCopying && (await copyPrefix(sequence, donor.sequence, common))) return sequence.nextTokenIndex;
    return keepPrefix(sequence, tokens);
  }

  /** Does something with a free sequence that no request may disturb: the one used last, or the one unused for longest. */
  async borrow<Result>(which: 'latest' | 'oldest', work: (slot: Slot) => Promise<Result>): Promise<Result | undefined> {
    const byAge = [...this.#free].sort((left, right) => left.lastUsed - right.lastUsed);
    const slot = which === 'latest' ? byAge.at(-1) : byAge[0];
    if (!slot) return undefined;
    this.#free.splice(this.#free.indexOf(slot), 1);
    this.#used.add(slot);
    try {
      const result = work(slot);
      slot.work = result;
      return await result;
    } finally {
      this.release(slot);
    }
  }

  #bestDonor(slot: Slot, tokens: readonly Token[]): [Slot | undefined, number] {
    if (slot.sequence.needsCheckpoints) return [undefined, 0]; // a window or a state cannot be cut at any token
    let best: Slot | undefined;
    let most = 0;
    for (const other of this.#slots) {
      if (other === slot || other.adapterKey !== slot.adapterKey || other.isShifted) continue;
      const common = Math.min(commonPrefix(other.sequence, tokens), tokens.length - 1);
      if (common > most) [best, most] = [other, common];
    }
    return [best, most];
  }

  #admits(adapters: AdapterSet): boolean {
    return this.#free.length > 0 && (this.#used.size === 0 || this.#active.key === adapters.key);
  }

  #serve(): void {
    while (this.#waiting.length > 0 && this.#admits(this.#waiting[0]!.adapters)) {
      const { resolve, tokens, adapters } = this.#waiting.shift()!;
      resolve(this.#take(tokens, adapters));
    }
  }

  /**
   * The free sequence that knows most of the prompt, if it knows half of it or more; otherwise the one unused for longest, so that
   * a shared first word does not cost another conversation what is kept of it.
   */
  #take(tokens: readonly Token[], adapters: AdapterSet): Promise<Slot> {
    let best = this.#free[0]!;
    let bestPrefix = -1;
    for (const slot of this.#free) {
      const common = slot.adapterKey === adapters.key ? commonPrefix(slot.sequence, tokens) : 0;
      const prefix = 2 * common >= tokens.length ? common : 0;
      if (prefix > bestPrefix || (prefix === bestPrefix && slot.lastUsed < best.lastUsed)) [best, bestPrefix] = [slot, prefix];
    }
    this.#free.splice(this.#free.indexOf(best), 1);
    this.#used.add(best);
    if (this.#active.key !== adapters.key) {
      this.#active = adapters;
      this.#switched = this.switchAdapters(adapters);
    }
    return this.#whenSwitched(best);
  }

  async #whenSwitched(slot: Slot): Promise<Slot> {
    try {
      await this.#switched;
      return slot;
    } catch (error) {
      this.#active = unknownAdapters;
      this.release(slot);
      throw error;
    }
  }
}

export function commonPrefix(sequence: LlamaContextSequence, tokens: readonly Token[]): number {
  return Math.min(sequence.compareContextTokens(tokens as Token[]).firstDifferentIndex, tokens.length);
}

/**
 * Makes `sequence` hold the longest prefix of `tokens` that it can without evaluating, but not all of them. Returns its length.
 *
 * Models that keep only a window of keys and values, or a state, cannot always go back; then the sequence starts empty.
 */
export async function keepPrefix(sequence: LlamaContextSequence, tokens: readonly Token[]): Promise<number> {
  const keep = Math.min(commonPrefix(sequence, tokens), tokens.length - 1);
  const held = sequence.nextTokenIndex;
  if (held === 0 || keep === held) return held;
  const window = sequence.model.fileInsights.swaSize;
  const missesWindow = window !== undefined && sequence.stateCellsStartIndex > Math.max(0, keep - window);
  if (keep === 0 || missesWindow) await sequence.clearHistory();
  else await sequence.adaptStateToTokens(tokens.slice(0, keep) as Token[], false);
  return sequence.nextTokenIndex;
}
