import type { GenerateRequest } from '@llmi/core';

/** Ways to make one vector of the vectors of a text's tokens. */
export type PoolingMode = NonNullable<GenerateRequest['pooling']>;

/**
 * Token vectors to one vector. `tokens` is [count, dim], padding and left-out prompt tokens not in it, count at least 1; `skipped` is the
 * number of tokens of the text before them. The result is [dim].
 */
type Pool = (tokens: Float32Array, dim: number, skipped: number) => Float32Array;

/** Weighted sum over tokens: sum of weightOf(index) x token, divided by `divisor`. Summed in double precision. */
function weightedSum(tokens: Float32Array, dim: number, weightOf: (index: number) => number, divisor: number): Float32Array {
  const sums = new Float64Array(dim);
  for (let start = 0, index = 0; start < tokens.length; start += dim, index++) {
    const weight = weightOf(index);
    for (let column = 0; column < dim; column++) sums[column]! += weight * tokens[start + column]!;
  }
  return Float32Array.from(sums, (sum) => sum / divisor);
}

/** Source: Reimers & Gurevych 2019, section 3, https://arxiv.org/abs/1908.10084; the others as in sentence-transformers 6.2, modules/pooling.py. */
const pools: Record<PoolingMode, Pool> = {
  cls: (tokens, dim) => tokens.slice(0, dim),

  lasttoken: (tokens, dim) => tokens.slice(tokens.length - dim),

  mean: (tokens, dim) => weightedSum(tokens, dim, () => 1, tokens.length / dim),

  mean_sqrt_len_tokens: (tokens, dim) => weightedSum(tokens, dim, () => 1, Math.sqrt(tokens.length / dim)),

  /** Token n of the text, counted from 1, weighs n: later tokens of a causal model have seen more. */
  weightedmean: (tokens, dim, skipped) => {
    const count = tokens.length / dim;
    const weightOf = (index: number) => skipped + index + 1;
    return weightedSum(tokens, dim, weightOf, (count * (weightOf(0) + weightOf(count - 1))) / 2);
  },

  max: (tokens, dim) => {
    const maxima = tokens.slice(0, dim);
    for (let index = dim; index < tokens.length; index++) {
      const column = index % dim;
      if (tokens[index]! > maxima[column]!) maxima[column] = tokens[index]!;
    }
    return maxima;
  },
};

/** The vectors of several ways of pooling, one after the other: [modes x dim]. Shapes as in {@link Pool}. */
export function poolTokens(tokens: Float32Array, dim: number, skipped: number, modes: readonly PoolingMode[]): Float32Array {
  const [first, ...rest] = modes;
  const vector = pools[first!](tokens, dim, skipped);
  if (rest.length === 0) return vector;
  const joined = new Float32Array(dim * modes.length);
  joined.set(vector);
  rest.forEach((mode, index) => joined.set(pools[mode](tokens, dim, skipped), dim * (index + 1)));
  return joined;
}

/** Shorter norms count as this, so that a vector of zeros stays one. Source: torch.nn.functional.normalize. */
const smallestNorm = 1e-12;

/** The vector with length 1 (L2), in place. */
export function normalize(vector: Float32Array): Float32Array {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const norm = Math.max(Math.sqrt(squares), smallestNorm);
  for (let index = 0; index < vector.length; index++) vector[index]! /= norm;
  return vector;
}
