import type { Token } from 'node-llama-cpp';
import { measureNext } from '../logprobs.js';
import type { GeneratedToken, Run } from './run.js';

/** The most probable token and its probability from one evaluation per token. */
export async function* greedyMeasured(run: Run, rest: Token[]): AsyncGenerator<GeneratedToken> {
  const { maxTokens, logprobs, steer } = run.plan;
  const { sequence } = run.slot;
  let pending = rest;
  for (let count = 1; count <= maxTokens; count++) {
    if (pending.length > 1) await run.unlessAborted(run.track(sequence.evaluateWithoutGeneratingNewTokens(pending.slice(0, -1))));
    const measured = await run.track(measureNext(sequence, pending.at(-1)!, undefined, logprobs!));
    run.throwIfEnded();
    const token = measured.token as Token;
    if (sequence.model.isEogToken(token)) {
      run.endReason = 'stop';
      return;
    }
    const forced = (steer?.(token) ?? []).slice(0, maxTokens - count) as Token[];
    yield { token, logprobs: measured };
    for (const inserted of forced) {
      steer?.(inserted);
      yield { token: inserted };
    }
    count += forced.length;
    pending = [token, ...forced];
  }
  run.endReason = 'length';
}
