import type { ClassifyOptions } from '../sound-model.js';

/** Probabilities that add up to one. */
export function softmax(logits: Float32Array): Float32Array {
  const highest = logits.reduce((best, value) => Math.max(best, value), -Infinity);
  const weights = logits.map((value) => Math.exp(value - highest));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** As in transformers' pipeline. */
export const defaultTopK = 5;

/** The labels with the highest scores, best first. */
export function bestLabels(scores: Float32Array, nameOf: (index: number) => string, { topK = defaultTopK, threshold = 0 }: ClassifyOptions) {
  const labels = Array.from(scores, (score, index) => ({ label: nameOf(index), score })).filter(({ score }) => score >= threshold);
  return labels.sort((left, right) => right.score - left.score).slice(0, topK);
}
