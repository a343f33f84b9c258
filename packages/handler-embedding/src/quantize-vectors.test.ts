import { describe, expect, it } from 'vitest';
import { quantizeVectors } from './quantize-vectors.js';

const vectors = [
  Float32Array.of(0.1, -0.5, 0.3, 0, 0.9, -0.1, 0.2, 0.4, -0.6),
  Float32Array.of(-0.2, 0.5, 0.1, 0.7, -0.9, 0.3, 0, -0.4, 0.6),
  Float32Array.of(0.4, 0.25, -0.35, 0.05, 0.1, -0.15, 0.2, 0.45, 0.05),
];
const wide = [Array<number>(9).fill(-1), Array<number>(9).fill(1)];

/** The numbers are those of quantize_embeddings of sentence-transformers 6.2. */
describe('quantizeVectors', () => {
  it('scales bytes by the vectors themselves, and tells by what', () => {
    const { embeddings, ranges } = quantizeVectors(vectors, 'int8');
    expect(embeddings).toEqual([
      [-1, -128, 127, -128, 127, -100, 127, 112, -128],
      [-128, 126, 48, 127, -128, 127, -128, -128, 127],
      [127, 63, -128, -110, 13, -128, 127, 127, 10],
    ]);
    expect(ranges![0]!.map((value) => Number(value.toFixed(6)))).toEqual([-0.2, -0.5, -0.35, 0, -0.9, -0.15, 0, -0.4, -0.6]);
    expect(quantizeVectors(vectors, 'uint8').embeddings[0]).toEqual([127, 0, 255, 0, 255, 28, 255, 240, 0]);
    expect(quantizeVectors(vectors, 'int8', ranges).embeddings).toEqual(embeddings);
  });

  it('scales bytes by given ranges, and cuts what lies outside', () => {
    expect(quantizeVectors(vectors.slice(0, 1), 'int8', wide).embeddings).toEqual([[12, -65, 37, -1, 114, -14, 25, 50, -78]]);
    expect(quantizeVectors([vectors[0]!.map((value) => value * 3)], 'uint8', wide).embeddings).toEqual([[165, 0, 242, 127, 255, 89, 203, 255, 0]]);
  });

  it('packs the signs of eight dimensions into a byte', () => {
    expect(quantizeVectors(vectors, 'binary').embeddings).toEqual([[43, -128], [-12, 0], [91, 0]]);
    expect(quantizeVectors(vectors, 'ubinary').embeddings).toEqual([[171, 0], [116, 128], [219, 128]]);
  });

  it('refuses a single vector without ranges, and ranges of another width', () => {
    expect(() => quantizeVectors(vectors.slice(0, 1), 'int8')).toThrow(expect.objectContaining({ code: 'INPUT_INVALID', param: 'ranges' }));
    expect(() => quantizeVectors(vectors, 'uint8', [[0], [1]])).toThrow(expect.objectContaining({ code: 'INPUT_INVALID', param: 'ranges' }));
  });

  it('leaves float32 as it is', () => {
    expect(quantizeVectors(vectors, 'float32')).toEqual({ embeddings: vectors.map((vector) => Array.from(vector)) });
  });
});
