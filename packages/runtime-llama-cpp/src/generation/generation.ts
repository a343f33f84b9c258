import type { ContextShiftOptions, Token } from 'node-llama-cpp';
import { greedyMeasured } from './greedy-measured.js';
import { Run, type GeneratedToken, type GenerationPlan } from './run.js';
import { sampled } from './sampled.js';
import { speculative } from './speculative.js';

/** One answer being made: iterate it once, for the tokens. The properties are filled as it goes on. */
export class Generation implements AsyncIterable<GeneratedToken> {
  /** Tokens of the prompt that were already evaluated. */
  cachedTokens = 0;
  /** Milliseconds spent waiting for a free sequence. */
  waitMs = 0;
  /** Tokens that were dropped because the context was full, where that was allowed. */
  shiftedTokens = 0;
  #run: Run | undefined;

  constructor(private readonly plan: GenerationPlan) {}

  /** `stop` when the model ended its answer, `length` when the limit came first; undefined before the end. */
  get endReason(): 'stop' | 'length' | undefined {
    return this.#run?.endReason;
  }

  /** Tokens that were guessed ahead, and how many of them were right. */
  get speculation(): { drafted: number; accepted: number } {
    return { drafted: this.#run?.drafted ?? 0, accepted: this.#run?.accepted ?? 0 };
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<GeneratedToken, void, undefined> {
    const { pool, prompt, adapters, signal } = this.plan;
    const start = performance.now();
    signal?.throwIfAborted();
    const slot = await pool.acquire(prompt, adapters, signal);
    this.waitMs = performance.now() - start;
    const run = new Run(this.plan, slot);
    this.#run = run;
    try {
      const rest = await this.#evaluatePrompt(run);
      yield* this.#decode(run, rest);
    } catch (error) {
      throw run.wrap(error);
    } finally {
      slot.isShifted = this.shiftedTokens > 0;
      // The caller is not kept waiting for a token that nobody wants any more; the next request is.
      pool.release(slot);
    }
  }

  #decode(run: Run, rest: Token[]): AsyncGenerator<GeneratedToken> {
    const { logprobs, isPlainGreedy, grammar, drafter } = this.plan;
    if (logprobs !== undefined && isPlainGreedy && !grammar) return greedyMeasured(run, rest);
    if (drafter) return speculative(run, rest, drafter(run.slot));
    return sampled(run, rest, this.#contextShift());
  }

  /** Evaluates all of the prompt that the sequence does not hold yet, except its last batch, which is returned. */
  async #evaluatePrompt(run: Run): Promise<Token[]> {
    const { prompt, pool } = this.plan;
    const { slot } = run;
    const { sequence } = slot;
    this.cachedTokens = await run.track(pool.prepare(slot, prompt));
    let position = this.cachedTokens;
    const { batchSize } = sequence.context;
    const { isRecurrent, isHybrid } = sequence.model.fileInsights;
    // A state cannot go back: what it was before the answer is kept for the next request that starts alike.
    const takesCheckpoint = sequence.needsCheckpoints && (isRecurrent || isHybrid);
    const end = takesCheckpoint ? prompt.length - 1 : prompt.length;
    while (end - position > (takesCheckpoint ? 0 : batchSize)) {
      const next = Math.min(position + batchSize, end);
      await run.unlessAborted(run.track(sequence.evaluateWithoutGeneratingNewTokens(prompt.slice(position, next))));
      position = next;
    }
    if (takesCheckpoint) await run.track(sequence.takeCheckpoint());
    return prompt.slice(position);
  }

  /** Where to make room in a full context: after what is kept, a half of the rest. Undefined where no room may be made. */
  #contextShift(): ContextShiftOptions | undefined {
    const { shiftKeeps } = this.plan;
    if (shiftKeeps === undefined) return undefined;
    return {
      strategy: ({ sequence }) => {
        const dropped = Math.max(1, Math.floor((sequence.nextTokenIndex - shiftKeeps) / 2));
        this.shiftedTokens += dropped;
        return [{ start: shiftKeeps, end: shiftKeeps + dropped }];
      },
    };
  }
}
