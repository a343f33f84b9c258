import type { LlamaContextSequence, Token } from 'node-llama-cpp';

/** Natural logarithm of a token's probability: the softmax of the raw logits, before any sampling setting. */
export interface TokenLogprob {
  token: number;
  logprob: number;
}

export interface MeasuredToken extends TokenLogprob {
  /** The most probable tokens, best first. */
  top: TokenLogprob[];
}

/**
 * Evaluates `token` and measures what may follow it. `chosen` is the token whose probability is wanted; without it, it is the most
 * probable one.
 */
export async function measureNext(sequence: LlamaContextSequence, token: Token, chosen: Token | undefined, topCount: number): Promise<MeasuredToken> {
  const [output] = await sequence.controlledEvaluate([
    [
      token,
      {
        generateNext: {
          token: true,
          logits: { filter: { tokens: chosen === undefined ? [] : [chosen], includeSelected: true, includeTop: Math.max(1, topCount) } },
          totalLogitWeight: true,
          options: { temperature: 0 },
        },
      },
    ],
  ]);
  const { token: best, logits, totalLogitWeight } = output!.next;
  const highest = logits!.get(best!)!;
  // The library sums exp(logit - highest), so this is log(sum(exp(logit))).
  const logTotal = highest + Math.log(totalLogitWeight!);
  const ranked = [...logits!].map(([id, logit]) => ({ token: id as number, logprob: logit - logTotal })).sort((left, right) => right.logprob - left.logprob);
  const wanted = chosen ?? best!;
  return { token: wanted, logprob: logits!.get(wanted)! - logTotal, top: ranked.slice(0, topCount) };
}

/**
 * The probabilities behind a token that was just sampled after the last evaluated one. The library tells probabilities only after
 * its sampling settings, so the last token is evaluated once more: twice the work, for requests that ask for it.
 */
export async function measureSampled(sequence: LlamaContextSequence, chosen: Token, topCount: number): Promise<MeasuredToken> {
  const end = sequence.nextTokenIndex;
  const last = sequence.contextTokens[end - 1]!;
  await sequence.eraseContextTokenRanges([{ start: end - 1, end }]);
  return measureNext(sequence, last, chosen, topCount);
}
