import type { ControlledEvaluateInputItem, SequenceEvaluateOptions, Token } from 'node-llama-cpp';
import { nativeSeed } from '../sampling.js';
import type { Drafter } from '../speculation/drafter.js';
import type { GeneratedToken, Run } from './run.js';

/** Most tokens to guess ahead. */
const mostDrafted = 16;

/**
 * Guesses several tokens, evaluates them in one batch and keeps those that the model would have said itself. Sampling draws its
 * random number by the place in the text, so the text does not depend on the guesses.
 * Source: Leviathan et al. 2023, https://arxiv.org/abs/2211.17192
 */
export async function* speculative(run: Run, rest: Token[], drafter: Drafter): AsyncGenerator<GeneratedToken> {
  const { maxTokens, history, steer, evaluate } = run.plan;
  const { sequence } = run.slot;
  if (rest.length > 1) await run.unlessAborted(run.track(sequence.evaluateWithoutGeneratingNewTokens(rest.slice(0, -1))));
  let pending = rest.slice(-1);
  for (let count = 0; count < maxTokens; ) {
    const room = Math.min(mostDrafted, maxTokens - count - 1, sequence.contextSize - 2 - sequence.nextTokenIndex - pending.length);
    const draft = room > 0 ? await run.track(Promise.resolve(drafter.draft(history, room))) : [];
    const said = await verify(run, pending, draft, evaluate);
    run.throwIfEnded();
    const accepted = said.length - 1;
    drafter.judge(draft.length, accepted);
    run.drafted += draft.length;
    run.accepted += accepted;
    await dropUnsaid(run, draft.length - accepted);
    let unsaid = accepted;
    for (const token of said) {
      if (sequence.model.isEogToken(token)) {
        await dropUnsaid(run, unsaid);
        run.endReason = 'stop';
        return;
      }
      count++;
      history.push(token);
      const forced = (steer?.(token) ?? []).slice(0, maxTokens - count) as Token[];
      pending = [token, ...forced];
      if (forced.length > 0 || count === maxTokens) await dropUnsaid(run, unsaid);
      yield { token };
      for (const inserted of forced) {
        count++;
        history.push(inserted);
        steer?.(inserted);
        yield { token: inserted };
      }
      if (forced.length > 0 || count >= maxTokens) break;
      unsaid--;
    }
  }
  run.endReason = 'length';
}

/** What the model says after `pending`, and after each guess that it would have said itself: at least one token. */
async function verify(run: Run, pending: readonly Token[], draft: readonly Token[], evaluate: SequenceEvaluateOptions): Promise<Token[]> {
  const { history } = run.plan;
  const asked = pending.length - 1; // where the first answer stands
  const input: ControlledEvaluateInputItem[] = [...pending, ...draft].map((token, index) => {
    if (index < asked) return token;
    const before = [...history, ...draft.slice(0, index - asked)];
    return [token, { generateNext: { token: true, options: optionsAt(evaluate, before) } }];
  });
  const outputs = await run.track(run.slot.sequence.controlledEvaluate(input));
  const said: Token[] = [];
  for (let index = 0; index <= draft.length; index++) {
    const token = outputs[asked + index]!.next.token!;
    said.push(token);
    if (token !== draft[index]) break;
  }
  return said;
}

/** Sampling for the token that comes after `before`. */
function optionsAt({ temperature, topK, topP, minP, seed, xtc, tokenBias, repeatPenalty }: SequenceEvaluateOptions, before: readonly Token[]) {
  return {
    temperature,
    topK,
    topP,
    minP,
    xtc,
    tokenBias,
    ...(seed === undefined ? {} : { seed: nativeSeed(seed + before.length * 0x100000000) }),
    ...(repeatPenalty ? { repeatPenalty: { ...repeatPenalty, punishTokens: before.slice(-(repeatPenalty.maxPunishTokens ?? before.length)) } } : {}),
  };
}

/** Takes the last `count` tokens, which nobody said, out of the sequence. */
async function dropUnsaid(run: Run, count: number): Promise<void> {
  const { sequence } = run.slot;
  if (count > 0) await run.track(sequence.eraseContextTokenRanges([{ start: sequence.nextTokenIndex - count, end: sequence.nextTokenIndex }]));
}
