import { weightedSum } from './weighted-sum.js';

/** Weights of the newest and the earlier derivatives, by how many there are. Source: Hairer, Norsett & Wanner 1993, table III.1.1. */
const weights = [[1], [3 / 2, -1 / 2], [23 / 12, -16 / 12, 5 / 12], [55 / 24, -59 / 24, 37 / 24, -9 / 24]] as const;

/** The next step's derivative from up to four earlier ones, newest last, at even distances. */
export function adamsBashforth(derivatives: readonly Float32Array[]): Float32Array {
  if (derivatives.length === 1) return derivatives[0]!;
  const newest = derivatives.slice(-weights.length).reverse();
  return weightedSum(...newest.map((values, index) => [weights[newest.length - 1]![index]!, values] as const));
}
