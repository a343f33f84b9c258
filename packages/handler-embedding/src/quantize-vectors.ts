import { LlmiError, type GenerateRequest } from '@llmi/core';

/** Number formats of vectors, as in sentence-transformers. */
export type Precision = NonNullable<GenerateRequest['precision']>;

export interface QuantizedVectors {
  embeddings: number[][];
  /** [2, dimensions]: what bytes were scaled by. */
  ranges?: number[][];
}

const single = Math.fround;
const steps = 255;
const signedShift = 128; // from 0..255 to -128..127

/**
 * Vectors in a smaller number format. Bytes are scaled by `ranges`, or by the smallest and largest values of the vectors themselves.
 *
 * Shapes: `vectors` [texts, dimensions]; the result as many for bytes, and an eighth of that for bits, the first dimension highest.
 * Source: quantize_embeddings of sentence-transformers 6.2, util/quantization.py.
 * @throws {LlmiError} INPUT_INVALID for ranges that do not fit, or a single vector without ranges
 */
export function quantizeVectors(vectors: readonly Float32Array[], precision: Precision, ranges?: readonly (readonly number[])[]): QuantizedVectors {
  if (precision === 'float32') return { embeddings: vectors.map((vector) => Array.from(vector)) };
  const shift = precision === 'int8' || precision === 'binary' ? signedShift : 0;
  if (precision === 'binary' || precision === 'ubinary') return { embeddings: vectors.map((vector) => packBits(vector, shift)) };
  const scale = ranges === undefined ? rangesOf(vectors) : checkedRanges(ranges, vectors[0]!.length);
  const [starts, ends] = [Float32Array.from(scale[0]!), Float32Array.from(scale[1]!)];
  const widths = starts.map((start, index) => single(single(ends[index]! - start) / steps) || 1);
  const byteOf = (value: number, index: number) => Math.min(steps, Math.max(0, Math.floor(single(single(value - starts[index]!) / widths[index]!)))) - shift;
  return { embeddings: vectors.map((vector) => Array.from(vector, byteOf)), ranges: [Array.from(starts), Array.from(ends)] };
}

function packBits(vector: Float32Array, shift: number): number[] {
  return Array.from({ length: Math.ceil(vector.length / 8) }, (_, byte) => {
    let bits = 0;
    for (let bit = 0; bit < 8; bit++) bits |= vector[byte * 8 + bit]! > 0 ? 0x80 >> bit : 0;
    return bits - shift;
  });
}

function rangesOf(vectors: readonly Float32Array[]): [Float32Array, Float32Array] {
  if (vectors.length < 2) {
    throw new LlmiError('INPUT_INVALID', {
      message: 'The range of values cannot be told from a single vector.',
      hint: 'Give "ranges": the smallest and the largest value of each dimension, such as the "ranges" of an answer about many texts.',
      param: 'ranges',
    });
  }
  const [smallest, largest] = [vectors[0]!.slice(), vectors[0]!.slice()];
  for (const vector of vectors) {
    vector.forEach((value, index) => {
      if (value < smallest[index]!) smallest[index] = value;
      if (value > largest[index]!) largest[index] = value;
    });
  }
  return [smallest, largest];
}

function checkedRanges(ranges: readonly (readonly number[])[], dimensions: number): readonly (readonly number[])[] {
  if (ranges.every((row) => row.length === dimensions)) return ranges;
  throw new LlmiError('INPUT_INVALID', {
    message: `"ranges" has rows of ${ranges.map((row) => row.length).join(' and ')} numbers; the vectors have ${dimensions} dimensions.`,
    hint: 'Give two rows, the smallest and the largest value of each dimension.',
    param: 'ranges',
  });
}
