/** Tokens of an answer at most. Source: transformers. */
const maxAnswerTokens = 15;
/** What a token that cannot be part of an answer counts as. */
const excludedLogit = -10_000;

/** Tokens `start` to `end`, both among them, with the probability that they answer. */
export interface Span {
  start: number;
  end: number;
  score: number;
}

/** The probability of each token to begin (or end) the answer. */
export function spanProbabilities(logits: Float32Array, mayAnswer: readonly boolean[]): Float64Array {
  const values = Float64Array.from(mayAnswer, (may, index) => (may ? logits[index]! : excludedLogit));
  const highest = values.reduce((most, value) => Math.max(most, value), -Infinity);
  const weights = values.map((value) => Math.exp(value - highest));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** The first token stands for there being no answer. */
export function noAnswerScore(starts: Float64Array, ends: Float64Array): number {
  return starts[0]! * ends[0]!;
}

/** The `count` best spans that are in the right order and not too long, best first; those outside the context are left out after that, as the reference does. */
export function bestSpans(starts: Float64Array, ends: Float64Array, mayAnswer: readonly boolean[], count: number): Span[] {
  const spans: Span[] = [];
  for (let start = 0; start < starts.length; start++) {
    for (let end = start; end < Math.min(ends.length, start + maxAnswerTokens); end++) spans.push({ start, end, score: starts[start]! * ends[end]! });
  }
  return spans
    .sort((left, right) => right.score - left.score)
    .slice(0, count)
    .filter(({ start, end }) => mayAnswer[start] && mayAnswer[end]);
}
