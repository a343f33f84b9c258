import type { ModelFile, ModelFormat, QuantizationOption } from '@llmi/core';

/** What to fetch and load of a repository. */
export interface FileChoice {
  /** Undefined for a handler that reads files of its own kind. */
  format: ModelFormat | undefined;
  /** Label of the weights: Q8_0, fp32, q8, bf16. */
  quantization: string | undefined;
  /** Every path the model needs: weights with all their parts, tokenizer, configuration. */
  files: string[];
  sizeBytes: number;
  /** Why this one, in a sentence. */
  reason: string;
  /** Other quantizations of the same format, smallest first. */
  alternatives: QuantizationOption[];
}

/** One set of weights that can be chosen. */
export interface WeightSet {
  label: string;
  files: ModelFile[];
  sizeBytes: number;
  missing: number;
}

export interface RankedChoice {
  set: WeightSet;
  reason: string;
}

/**
 * Memory that weights of `sizeBytes` will want at least: themselves, and a fifth more for the cache and the activations. The
 * handler's `analyze` says it exactly; this is only to choose among files.
 */
export function roughMemoryBytes(sizeBytes: number): number {
  return Math.ceil(sizeBytes * 1.2);
}

export function asOption(set: WeightSet): QuantizationOption {
  return { name: set.label, diskBytes: set.sizeBytes, memoryBytes: roughMemoryBytes(set.sizeBytes), files: set.files.map(({ path }) => path) };
}

/** The first of `ranked` that fits, else the smallest, with the reason in words; `whyFirst` says why the first is first. */
export function bestThatFits(ranked: readonly WeightSet[], memoryBytes: number | undefined, whyFirst: string): RankedChoice {
  const best = ranked[0]!;
  if (ranked.length === 1) return { set: best, reason: 'it is the only one there is' };
  const fitting = ranked.find((set) => memoryBytes === undefined || roughMemoryBytes(set.sizeBytes) <= memoryBytes);
  if (fitting === best) return { set: best, reason: whyFirst };
  if (fitting) return { set: fitting, reason: `it is the best that fits into the free memory (${best.label} does not)` };
  const smallest = [...ranked].sort((left, right) => left.sizeBytes - right.sizeBytes)[0]!;
  return { set: smallest, reason: 'none fits into the free memory; it is the smallest' };
}
