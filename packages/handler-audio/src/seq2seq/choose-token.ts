/** The likeliest token. */
export function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let token = 1; token < logits.length; token++) if (logits[token]! > logits[best]!) best = token;
  return best;
}

/** A token by its probability, at a temperature. */
export function sampleToken(logits: Float32Array, temperature: number, random: () => number): number {
  const highest = logits[likeliest(logits)]!;
  const weights = logits.map((logit) => Math.exp((logit - highest) / temperature));
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
  for (let token = 0; token < weights.length; token++) {
    left -= weights[token]!;
    if (left < 0) return token;
  }
  return likeliest(logits);
}

/** Natural logarithm of the probability of one token. */
export function logProbability(logits: Float32Array, token: number): number {
  const highest = logits[likeliest(logits)]!;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - highest);
  return logits[token]! - highest - Math.log(sum);
}
