import { kernels, type SumName } from './kernels.js';

/** A sample-sized array and its weight. */
export type Term = readonly [weight: number, values: Float32Array];

/**
 * The sum of weight x values over one to seven terms, element by element and from left to right, in float32. Nearly every step ends in
 * it: one pass over memory, whatever the order of the solver. A term of weight 0 counts, so that NaN is not hidden.
 */
export function weightedSum(...terms: Term[]): Float32Array {
  return kernels[`sum${terms.length}` as SumName](
    terms.map(([weight]) => weight),
    ...terms.map(([, values]) => values),
  );
}
