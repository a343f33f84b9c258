import type { Tensor } from '../components/tensor.js';

/** One weight for each token. */
interface WeightedTokens {
  weights: readonly number[];
}

/**
 * Token states times their weights, then all of a chunk scaled so that their mean stays what it was.
 *
 * Shapes: [chunks, tokens, channels]. The tensor itself where every weight is 1.
 * Source: the emphasis of stable-diffusion-webui, modules/sd_emphasis.py, EmphasisOriginal.
 */
export function weighTokens(hidden: Tensor, chunks: readonly WeightedTokens[]): Tensor {
  if (chunks.every(({ weights }) => weights.every((weight) => weight === 1))) return hidden;
  const [, tokens, channels] = hidden.shape as [number, number, number];
  const size = tokens * channels;
  const data = new Float32Array(hidden.data.length);
  chunks.forEach(({ weights }, index) => {
    const [from, into] = [hidden.data, data].map((all) => all.subarray(index * size, (index + 1) * size)) as [Float32Array, Float32Array];
    for (let at = 0; at < size; at++) into[at] = from[at]! * weights[Math.floor(at / channels)]!;
    const scale = sum(from) / sum(into);
    for (let at = 0; at < size; at++) into[at] = into[at]! * scale;
  });
  return { data, shape: hidden.shape };
}

const sum = (values: Float32Array) => values.reduce((total, value) => total + value, 0);
