import type { LlamaContextSequence, Token } from 'node-llama-cpp';

/** One place in the context where a request can run. It keeps the tokens of its last request for the next one. */
export interface Slot {
  readonly sequence: LlamaContextSequence;
  lastUsed: number;
  /** The latest native work of the request that has it. The memory must not go away before it is over. */
  work: Promise<unknown>;
}

interface Waiting {
  tokens: readonly Token[];
  resolve(slot: Slot): void;
  reject(error: unknown): void;
}

/** Hands the sequences of a context to requests: first come, first served; to each the free one that knows most of its prompt. */
export class SequencePool {
  readonly #free: Slot[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #used = new Set<Slot>();
  #clock = 0;

  add(sequence: LlamaContextSequence): void {
    this.#free.push({ sequence, lastUsed: 0, work: Promise.resolve() });
  }

  /** Requests that have a sequence. */
  get running(): number {
    return this.#used.size;
  }

  /** A sequence to work on; waits until one is free. The caller gives it back with `release`. */
  acquire(tokens: readonly Token[], signal?: AbortSignal): Promise<Slot> {
    const slot = this.#take(tokens);
    if (slot) return Promise.resolve(slot);
    return new Promise((resolve, reject) => {
      const entry: Waiting = {
        tokens,
        resolve: (found) => (signal?.removeEventListener('abort', abort), resolve(found)),
        reject: (error) => (signal?.removeEventListener('abort', abort), reject(error)),
      };
      const abort = () => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1);
        reject(signal?.reason);
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
      const next = this.#waiting.shift();
      next?.resolve(this.#take(next.tokens)!);
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
   * The free sequence that knows most of the prompt, if it knows half of it or more; otherwise the one unused for longest, so that
   * a shared first word does not cost another conversation what is kept of it.
   */
  #take(tokens: readonly Token[]): Slot | undefined {
    let best: Slot | undefined;
    let bestPrefix = -1;
    for (const slot of this.#free) {
      const common = commonPrefix(slot.sequence, tokens);
      const prefix = 2 * common >= tokens.length ? common : 0;
      if (prefix > bestPrefix || (prefix === bestPrefix && slot.lastUsed < best!.lastUsed)) [best, bestPrefix] = [slot, prefix];
    }
    if (best) {
      this.#free.splice(this.#free.indexOf(best), 1);
      this.#used.add(best);
    }
    return best;
  }
}

function commonPrefix(sequence: LlamaContextSequence, tokens: readonly Token[]): number {
  return Math.min(sequence.compareContextTokens(tokens as Token[]).firstDifferentIndex, tokens.length);
}

/**
 * Makes `sequence` hold a prefix of `tokens`, as long as possible but not all of them: the last one must be evaluated to get what
 * follows it. Returns how many tokens it holds.
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
