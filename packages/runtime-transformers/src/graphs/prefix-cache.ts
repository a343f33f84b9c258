import type { DecoderSequence } from './decoder-sequence.js';

/** Fewer tokens in common are not worth a copy of what was made of them. */
const leastShared = 16;
const mostKept = 4;
const mostKeptBytes = 128 * 1024 * 1024;

/** What a decoder made of the latest prompts and answers: a prompt that begins as one of them goes on from there. */
export class PrefixCache {
  #kept: DecoderSequence[] = []; // least recently used first

  /** A sequence with as many of the prompt's first tokens as are known, but the last one, of which the scores are wanted. */
  begin(prompt: readonly number[]): DecoderSequence | undefined {
    let best: { sequence: DecoderSequence; shared: number } | undefined;
    for (const sequence of this.#kept) {
      const shared = Math.min(sharedTokens(sequence.rows[0]!, prompt), prompt.length - 1);
      if (shared >= Math.max(leastShared, (best?.shared ?? 0) + 1)) best = { sequence, shared };
    }
    if (!best) return undefined;
    const others = this.#kept.filter((sequence) => sequence !== best.sequence);
    const forked = best.sequence.fork(best.shared);
    this.#kept = forked ? [...others, best.sequence] : others; // one that was ended in the middle of a step is of no use
    return forked;
  }

  /** Keeps a sequence that has come to its end, in place of those that it goes on from. */
  keep(sequence: DecoderSequence): void {
    const [row] = sequence.rows;
    if (sequence.rows.length !== 1 || !row || row.length < leastShared || sequence.cacheBytes === 0) return;
    this.#kept = [...this.#kept.filter((other) => sharedTokens(other.rows[0]!, row) < other.rows[0]!.length), sequence];
    while (this.#kept.length > mostKept || this.#kept.reduce((sum, { cacheBytes }) => sum + cacheBytes, 0) > mostKeptBytes) this.#kept.shift();
  }

  clear(): void {
    this.#kept = [];
  }
}

function sharedTokens(left: readonly number[], right: readonly number[]): number {
  const most = Math.min(left.length, right.length);
  let shared = 0;
  while (shared < most && left[shared] === right[shared]) shared++;
  return shared;
}
