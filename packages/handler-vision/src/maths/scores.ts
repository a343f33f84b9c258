/** Shares that add up to 1. Source: softmax with the largest value taken off first. */
export function softmax(logits: ArrayLike<number>, start = 0, count = logits.length): Float64Array {
  let largest = -Infinity;
  for (let index = 0; index < count; index++) largest = Math.max(largest, logits[start + index]!);
  const shares = new Float64Array(count);
  let sum = 0;
  for (let index = 0; index < count; index++) sum += shares[index] = Math.exp(logits[start + index]! - largest);
  for (let index = 0; index < count; index++) shares[index]! /= sum;
  return shares;
}

export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** Index and value of the largest of `count` values, the first of equals. */
export function largest(values: ArrayLike<number>, start = 0, count = values.length): { index: number; value: number } {
  let index = 0;
  for (let at = 1; at < count; at++) if (values[start + at]! > values[start + index]!) index = at;
  return { index, value: values[start + index]! };
}
