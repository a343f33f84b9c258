import { isAbort, LlmiError } from '@llmi/core';
import type { LlamaContextSequence, LlamaGrammarEvaluationState, SequenceEvaluateOptions, Token } from 'node-llama-cpp';
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
    let ending: Promise<unknown> = Promise.resolve();
    const finish = (work: Promise<unknown>) => (ending = work);
    try {
      const rest = await this.#evaluatePrompt(slot, finish);
      const measuresEachStep = this.plan.logprobs !== undefined && this.plan.isPlainGreedy && this.plan.grammar === undefined;
      yield* measuresEachStep ? this.#measureGreedy(slot.sequence, rest, finish) : this.#decode(slot.sequence, rest, finish);
    } catch (error) {
      throw this.#wrap(error);
    } finally {
      // The caller is not kept waiting for a token that nobody wants any more; the next request is.
      const release = () => pool.release(slot);
      ending.then(release, release);
    }
  }

  /** Evaluates all of the prompt that the sequence does not hold yet, except its last batch, which is returned. */
  async #evaluatePrompt({ sequence }: Slot, finish: (work: Promise<unknown>) => void): Promise<Token[]> {
    const { prompt } = this.plan;
    this.cachedTokens = await keepPrefix(sequence, prompt);
    let position = this.cachedTokens;
    const { batchSize } = sequence.context;
    while (prompt.length - position > batchSize) {
      const work = sequence.evaluateWithoutGeneratingNewTokens(prompt.slice(position, position + batchSize));
      finish(work);
      await this.#unlessAborted(work);
      position += batchSize;
    }
    return prompt.slice(position);
  }

  async *#decode(sequence: LlamaContextSequence, rest: Token[], finish: (work: Promise<unknown>) => void): AsyncGenerator<GeneratedToken> {
    const { maxTokens, evaluate, grammar, logprobs, history, signal } = this.plan;
    const options = grammar ? { ...evaluate, grammarEvaluationState: grammar } : evaluate;
    const tokens = sequence.evaluateWithMetadata(rest, {}, options);
    try {
      let next = tokens.next();
      finish(next);
      let step = await this.#unlessAborted(next);
      for (let count = 1; !step.done; count++) {
        const token = step.value.token;
        history?.push(token);
        if (logprobs !== undefined) {
          yield { token, logprobs: await measureSampled(sequence, token, logprobs) };
        }
        const isLast = count === maxTokens;
        if (!isLast) {
          // The next token is computed while the caller works on this one.
          next = tokens.next();
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
      finish(tokens.return());
    }
  }

  /** The most probable token and its probability from one evaluation per token. */
  async *#measureGreedy(sequence: LlamaContextSequence, rest: Token[], finish: (work: Promise<unknown>) => void): AsyncGenerator<GeneratedToken> {
    const { maxTokens, logprobs, signal } = this.plan;
    if (rest.length > 1) await sequence.evaluateWithoutGeneratingNewTokens(rest.slice(0, -1));
    let token = rest.at(-1)!;
    for (let count = 1; count <= maxTokens; count++) {
      const work = measureNext(sequence, token, undefined, logprobs!);
      finish(work);
      const measured = await work;
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
