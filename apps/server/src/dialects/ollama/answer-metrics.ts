import type { GenerateResult } from '@llmi/core';
import type { DoneEvent } from '../../relay.js';

/** Nanoseconds, as this API counts. */
const nanoseconds = (milliseconds: number) => Math.round(milliseconds * 1e6);

/** Times one answer: how long until its first token, and from there to its end. */
export class Stopwatch {
  readonly #start = performance.now();
  #firstToken: number | undefined;

  token(): void {
    this.#firstToken ??= performance.now();
  }

  /** What the last line of an answer tells of its tokens and its time. */
  metrics({ result, envelope }: DoneEvent): Record<string, number> {
    const end = performance.now();
    const { queue = 0, load = 0 } = envelope.timing;
    const first = this.#firstToken ?? end;
    const usage = usageOf(result);
    return {
      total_duration: nanoseconds(end - this.#start),
      load_duration: nanoseconds(load),
      prompt_eval_count: usage?.promptTokens ?? 0,
      prompt_eval_duration: nanoseconds(Math.max(0, first - this.#start - queue - load)),
      eval_count: usage?.completionTokens ?? 0,
      eval_duration: nanoseconds(end - first),
    };
  }
}

export function usageOf(result: GenerateResult) {
  return 'usage' in result ? result.usage : undefined;
}
