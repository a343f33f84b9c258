import type { ContextShiftOptions, Token } from 'node-llama-cpp';
import { measureSampled } from '../logprobs.js';
import { ignore, type GeneratedToken, type Run } from './run.js';

/** Samples token by token: the next one is computed while the caller works on this one. */
export async function* sampled(run: Run, rest: Token[], contextShift: ContextShiftOptions | undefined): AsyncGenerator<GeneratedToken> {
  const { maxTokens, evaluate, grammar, logprobs, history, steer } = run.plan;
  const { sequence } = run.slot;
  const tokens = sequence.evaluateWithMetadata(rest, {}, {
    ...evaluate,
    ...(grammar ? { grammarEvaluationState: grammar } : {}),
    ...(contextShift ? { contextShift } : {}),
  });
  try {
    const first = await run.unlessAborted(run.track(tokens.next()));
    if (first.done) {
      run.endReason = 'stop';
      return;
    }
    let token = first.value.token;
    for (let count = 1; ; ) {
      history.push(token);
      const measured = logprobs === undefined ? undefined : await run.track(measureSampled(sequence, token, logprobs));
      const forced = steer?.(token)?.slice(0, maxTokens - count);
      history.push(...((forced ?? []) as Token[]));
      const emitted = 1 + (forced?.length ?? 0);
      const isLast = count + emitted > maxTokens;
      const next = isLast ? undefined : run.track(tokens.next(forced && forced.length > 0 ? [token, ...(forced as Token[])] : undefined));
      next?.catch(ignore);
      yield measured ? { token, logprobs: measured } : { token };
      for (const inserted of forced ?? []) {
        steer?.(inserted);
        yield { token: inserted };
      }
      if (!next) {
        run.endReason = 'length';
        return;
      }
      const step = await next;
      run.throwIfEnded();
      if (step.done) {
        run.endReason = 'stop';
        return;
      }
      token = step.value.token;
      count += emitted;
    }
  } finally {
    void run.track(tokens.return()).catch(ignore);
  }
}
