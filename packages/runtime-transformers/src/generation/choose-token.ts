/** How a token is drawn. Without a temperature, or at 0, it is the likeliest. */
export interface SamplingSettings {
  temperature?: number;
  topK?: number;
  topP?: number;
  minP?: number;
}

/** The likeliest token; of equal ones the first. */
export function likeliest(scores: Float32Array): number {
  let best = 0;
  for (let token = 1; token < scores.length; token++) if (scores[token]! > scores[best]!) best = token;
  return best;
}

/** Logarithms of the probabilities. */
export function logSoftmax(scores: Float32Array): Float32Array {
  const highest = scores[likeliest(scores)]!;
  let sum = 0;
  for (const score of scores) sum += Math.exp(score - highest);
  const shift = highest + Math.log(sum);
  return scores.map((score) => score - shift);
}

/** A token by its probability: temperature, then top-k, top-p and min-p in the order of transformers. */
export function drawToken(scores: Float32Array, { temperature = 1, topK = 0, topP = 1, minP = 0 }: SamplingSettings, random: () => number): number {
  const best = likeliest(scores);
  const weightOf = (token: number) => Math.exp((scores[token]! - scores[best]!) / temperature); // the likeliest one weighs 1
  if (topK === 0 && topP >= 1 && minP === 0) return drawFromAll(scores.length, best, weightOf, random);
  const candidates = topK > 0 ? bestTokens(scores, topK) : headOf(scores, weightOf, topP, minP);
  const weights = candidates.map(weightOf);
  const total = topK > 0 ? sumOf(weights, weights.length) : sumOfAll(scores.length, weightOf);
  let kept = topP < 1 ? withinTopP(weights, topP * total) : weights.length;
  while (kept > 1 && weights[kept - 1]! < minP) kept--;
  let left = random() * sumOf(weights, kept);
  for (let index = 0; index < kept; index++) {
    left -= weights[index]!;
    if (left < 0) return candidates[index]!;
  }
  return best;
}

function drawFromAll(count: number, best: number, weightOf: (token: number) => number, random: () => number): number {
  let left = random() * sumOfAll(count, weightOf);
  for (let token = 0; token < count; token++) {
    left -= weightOf(token);
    if (left < 0) return token;
  }
  return best;
}

/** As many of the likeliest as top-p and min-p can need: a few hundred nearly always, so that a large vocabulary is not sorted. */
function headOf(scores: Float32Array, weightOf: (token: number) => number, topP: number, minP: number): number[] {
  const target = topP * sumOfAll(scores.length, weightOf);
  for (let count = 256; ; count *= 8) {
    const head = bestTokens(scores, count);
    const reached = head.reduce((sum, token) => sum + weightOf(token), 0);
    if (head.length < count || reached >= target || weightOf(head.at(-1)!) < minP) return head;
  }
}

/** How many of the likeliest reach a sum of weights, the one that reaches it among them. */
function withinTopP(weights: readonly number[], target: number): number {
  let reached = 0;
  for (let index = 0; index < weights.length; index++) {
    reached += weights[index]!;
    if (reached >= target) return index + 1;
  }
  return weights.length;
}

function sumOf(weights: readonly number[], count: number): number {
  let sum = 0;
  for (let index = 0; index < count; index++) sum += weights[index]!;
  return sum;
}

function sumOfAll(count: number, weightOf: (token: number) => number): number {
  let sum = 0;
  for (let token = 0; token < count; token++) sum += weightOf(token);
  return sum;
}

/** The `count` highest scores' tokens, best first; of equal ones the first. Tokens that are ruled out are left out. One pass over the scores. */
export function bestTokens(scores: Float32Array, count: number): number[] {
  const better = (left: number, right: number) => scores[right]! - scores[left]! || left - right;
  const limit = Math.max(4 * count, 256);
  let pool: number[] = [];
  let threshold = -Infinity;
  for (let token = 0; token < scores.length; token++) {
    if (!(scores[token]! > threshold)) continue;
    pool.push(token);
    if (pool.length < limit) continue;
    pool = pool.sort(better).slice(0, count);
    threshold = scores[pool.at(-1)!]!;
  }
  return pool.length === 0 ? [0] : pool.sort(better).slice(0, count);
}
