import type { Kernel } from './filters.js';

/** Fraction bits of a weight: 32, less 8 of a pixel and 2 for weights that overshoot. Source: Pillow's Resample.c */
export const precisionBits = 22;

/** For each pixel of the result along one axis: where its source pixels start, how many they are, and their weights. */
export interface Coefficients {
  starts: Int32Array; // [out]
  counts: Int32Array; // [out]
  weights: Int32Array; // [out, window], in fixed point
  window: number;
}

/** `to - from` pixels of one axis become `outSize`; the kernel is widened by the reduction, so that every source pixel counts. */
export function makeCoefficients(kernel: Kernel, inSize: number, from: number, to: number, outSize: number): Coefficients {
  const scale = (to - from) / outSize;
  const widening = Math.max(1, scale);
  const support = kernel.support * widening;
  const window = Math.ceil(support) * 2 + 1;
  const [starts, counts, weights] = [new Int32Array(outSize), new Int32Array(outSize), new Int32Array(outSize * window)];
  const exact = new Float64Array(window);
  for (let out = 0; out < outSize; out++) {
    const center = from + (out + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const count = Math.min(inSize, Math.trunc(center + support + 0.5)) - start;
    let sum = 0;
    for (let tap = 0; tap < count; tap++) sum += exact[tap] = kernel.weightAt((tap + start - center + 0.5) * (1 / widening));
    for (let tap = 0; tap < count; tap++) {
      const weight = (sum === 0 ? exact[tap]! : exact[tap]! / sum) * 2 ** precisionBits;
      weights[out * window + tap] = Math.trunc(weight < 0 ? weight - 0.5 : weight + 0.5);
    }
    starts[out] = start;
    counts[out] = count;
  }
  return { starts, counts, weights, window };
}

/** The coefficients of `count` pixels of the result, beginning with the one at `first`. */
export function partOfCoefficients({ starts, counts, weights, window }: Coefficients, first: number, count: number): Coefficients {
  const end = first + count;
  return { starts: starts.subarray(first, end), counts: counts.subarray(first, end), weights: weights.subarray(first * window, end * window), window };
}
