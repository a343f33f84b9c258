import { isAbort, LlmiError } from '@llmi/core';
import type { LlamaGrammarEvaluationState, SequenceEvaluateOptions, Token } from 'node-llama-cpp';
import type { AdapterSet } from '../adapters.js';
import type { Drafter } from '../speculation/drafter.js';
import type { MeasuredToken } from '../logprobs.js';
import type { SequencePool, Slot } from '../sequence-pool.js';

export interface GeneratedToken {
  token: number;
  /** Only when asked for. */
  logprobs?: MeasuredToken;
}

/** What is looked at before the next token is asked for. Tokens that it returns come next, instead of what the model would say. */
export type Steering = (token: number) => readonly number[] | undefined;

export interface GenerationPlan {
  pool: SequencePool;
  prompt: readonly Token[];
  adapters: AdapterSet;
  maxTokens: number;
  /** The library's options; made per request, because a sampler has a state. */
  evaluate: SequenceEvaluateOptions;
  /** The grammar that holds for the next token, if one does. */
  grammar: (() => LlamaGrammarEvaluationState | undefined) | undefined;
  /** The most probable token is always the next one. */
  isPlainGreedy: boolean;
  /** Alternatives per token; undefined measures nothing. */
  logprobs: number | undefined;
  /** Guesses tokens ahead; undefined where guesses cannot be checked exactly. */
  drafter: ((slot: Slot) => Drafter) | undefined;
  /** Tokens at the beginning that stay when the context is full; undefined ends the answer there. */
  shiftKeeps: number | undefined;
  /** Prompt and answer so far; `evaluate` reads it for penalties. */
  history: Token[];
  steer: Steering | undefined;
  signal: AbortSignal | undefined;
  /** The reason why the model ends this, when it does. */
  disposed: () => LlmiError | undefined;
}

/** One answer on one sequence: waits for native work in a way that a cancelled caller does not have to, and remembers it. */
export class Run {
  /** `stop` when the model ended its answer, `length` when the limit came first; undefined before the end. */
  endReason: 'stop' | 'length' | undefined;
  /** Tokens that were guessed ahead, and how many of them were right. */
  drafted = 0;
  accepted = 0;

  constructor(
    readonly plan: GenerationPlan,
    readonly slot: Slot,
  ) {}

  /** Remembers native work, so that the sequence is not given on, nor its memory freed, before it is over. */
  track<Value>(work: Promise<Value>): Promise<Value> {
    this.slot.work = work;
    return work;
  }

  throwIfEnded(): void {
    this.plan.signal?.throwIfAborted();
    const disposed = this.plan.disposed();
    if (disposed) throw disposed;
  }

  /** Waits for a long step, but not longer than the caller wants it; the step itself goes on in the background. */
  async unlessAborted<Value>(work: Promise<Value>): Promise<Value> {
    const { signal } = this.plan;
    let abort: (() => void) | undefined;
    try {
      const aborted = new Promise<never>((_, reject) => {
        abort = () => reject(signal?.reason);
        signal?.addEventListener('abort', abort, { once: true });
        if (signal?.aborted) abort();
      });
      const value = await (signal ? Promise.race([work, aborted]) : work);
      this.throwIfEnded();
      return value;
    } finally {
      signal?.removeEventListener('abort', abort!);
    }
  }

  /** What a failed step is told as. */
  wrap(error: unknown): unknown {
    if (LlmiError.is(error) || isAbort(error, this.plan.signal)) return error;
    const disposed = this.plan.disposed();
    if (disposed) return disposed;
    const message = error instanceof Error ? error.message : String(error);
    return new LlmiError('INTERNAL', { message: `llama.cpp failed while generating: ${message}`, hint: 'Send the request again; if it keeps happening, load the model anew.', cause: error });
  }
}

export function ignore(): void {}
