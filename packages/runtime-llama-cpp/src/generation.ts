import { isAbort, LlmiError } from '@llmi/core';
import type { LlamaGrammarEvaluationState, SequenceEvaluateOptions, Token } from 'node-llama-cpp';
import { measureNext, measureSampled, type MeasuredToken } from './logprobs.js';
import { keepPrefix, type SequencePool, type Slot } from './sequence-pool.js';

export interface GeneratedToken {
  token: number;
  /** Only when asked for. */
  logprobs?: MeasuredToken;
}

export interface GenerationPlan {
  pool: SequencePool;
  prompt: readonly Token[];
  maxTokens: number;
  /** The library's options; made per request, because a sampler has a state. */
  evaluate: SequenceEvaluateOptions;
  grammar?: LlamaGrammarEvaluationState;
  /** The most probable token is always the next one. */
  isPlainGreedy: boolean;
  /** Alternatives per token; undefined measures nothing. */
  logprobs?: number;
  /** Prompt and answer so far; `evaluate` reads it for penalties. */
  history: Token[] | undefined;
  signal?: AbortSignal;
  /** The reason why the model ends this, when it does. */
  disposed: () => LlmiError | undefined;
}

/** One answer being made: iterate it once, for the tokens. The properties are filled as it goes on. */
export class Generation implements AsyncIterable<GeneratedToken> {
  /** Tokens of the prompt that were already evaluated. */
  cachedTokens = 0;
  /** `stop` when the model ended its answer, `length` when the limit came first; undefined before the end. */
  endReason: 'stop' | 'length' | undefined;
  /** Milliseconds spent waiting for a free sequence. */
  waitMs = 0;

  constructor(private readonly plan: GenerationPlan) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<GeneratedToken, void, undefined> {
    const { pool, prompt, signal } = this.plan;
    const start = performance.now();
    signal?.throwIfAborted();
    const slot = await pool.acquire(prompt, signal);
    this.waitMs = performance.now() - start;
    try {
      const rest = await this.#evaluatePrompt(slot);
      const measuresEachStep = this.plan.logprobs !== undefined && this.plan.isPlainGreedy && this.plan.grammar === undefined;
      yield* measuresEachStep ? this.#measureGreedy(slot, rest) : this.#decode(slot, rest);
    } catch (error) {
      throw this.#wrap(error);
    } finally {
      // The caller is not kept waiting for a token that nobody wants any more; the next request is.
      pool.release(slot);
    }
  }

  /** Evaluates all of the prompt that the sequence does not hold yet, except its last batch, which is returned. */
  async #evaluatePrompt(slot: Slot): Promise<Token[]> {
    const { prompt } = this.plan;
    const { sequence } = slot;
    this.cachedTokens = await this.#track(slot, keepPrefix(sequence, prompt));
    let position = this.cachedTokens;
    const { batchSize } = sequence.context;
    while (prompt.length - position > batchSize) {
      await this.#unlessAborted(this.#track(slot, sequence.evaluateWithoutGeneratingNewTokens(prompt.slice(position, position + batchSize))));
      position += batchSize;
    }
    return prompt.slice(position);
  }

  async *#decode(slot: Slot, rest: Token[]): AsyncGenerator<GeneratedToken> {
    const { maxTokens, evaluate, grammar, logprobs, history, signal } = this.plan;
    const options = grammar ? { ...evaluate, grammarEvaluationState: grammar } : evaluate;
    const { sequence } = slot;
    const tokens = sequence.evaluateWithMetadata(rest, {}, options);
    try {
      let next = this.#track(slot, tokens.next());
      let step = await this.#unlessAborted(next);
      for (let count = 1; !step.done; count++) {
        const token = step.value.token;
        history?.push(token);
        if (logprobs !== undefined) {
          yield { token, logprobs: await this.#track(slot, measureSampled(sequence, token, logprobs)) };
        }
        const isLast = count === maxTokens;
        if (!isLast) {
          // The next token is computed while the caller works on this one.
          next = this.#track(slot, tokens.next());
          next.catch(ignore);
        }
        if (logprobs === undefined) yield { token };
        if (isLast) {
          this.endReason = 'length';
          return;
        }
        step = await next;
        this.#throwIfEnded(signal);
      }
      this.endReason = 'stop';
    } finally {
      void this.#track(slot, tokens.return()).catch(ignore);
    }
  }

  /** The most probable token and its probability from one evaluation per token. */
  async *#measureGreedy(slot: Slot, rest: Token[]): AsyncGenerator<GeneratedToken> {
    const { maxTokens, logprobs, signal } = this.plan;
    const { sequence } = slot;
    if (rest.length > 1) await this.#unlessAborted(this.#track(slot, sequence.evaluateWithoutGeneratingNewTokens(rest.slice(0, -1))));
    let token = rest.at(-1)!;
    for (let count = 1; count <= maxTokens; count++) {
      const measured = await this.#track(slot, measureNext(sequence, token, undefined, logprobs!));
      this.#throwIfEnded(signal);
      token = measured.token as Token;
      if (sequence.model.isEogToken(token)) {
        this.endReason = 'stop';
        return;
      }
      yield { token, logprobs: measured };
    }
    this.endReason = 'length';
  }

  /** Remembers native work, so that the sequence is not given on, nor its memory freed, before it is over. */
  #track<Value>(slot: Slot, work: Promise<Value>): Promise<Value> {
    slot.work = work;
    return work;
  }

  #throwIfEnded(signal: AbortSignal | undefined): void {
    signal?.throwIfAborted();
    const disposed = this.plan.disposed();
    if (disposed) throw disposed;
  }

  /** Waits for a long step, but not longer than the caller wants it; the step itself goes on in the background. */
  async #unlessAborted<Value>(work: Promise<Value>): Promise<Value> {
    const { signal } = this.plan;
    if (!signal) return work.then((value) => (this.#throwIfEnded(undefined), value));
    let abort: (() => void) | undefined;
    try {
      const aborted = new Promise<never>((_, reject) => {
        abort = () => reject(signal.reason);
        signal.addEventListener('abort', abort, { once: true });
        if (signal.aborted) abort();
      });
      const value = await Promise.race([work, aborted]);
      this.#throwIfEnded(signal);
      return value;
    } finally {
      signal.removeEventListener('abort', abort!);
    }
  }

  #wrap(error: unknown): unknown {
    if (LlmiError.is(error) || isAbort(error, this.plan.signal)) return error;
    const disposed = this.plan.disposed();
    if (disposed) return disposed;
    const message = error instanceof Error ? error.message : String(error);
    return new LlmiError('INTERNAL', { message: `llama.cpp failed while generating: ${message}`, hint: 'Send the request again; if it keeps happening, load the model anew.', cause: error });
  }
}

function ignore(): void {}
