/** A model's output of twice the channels: what it predicts, and the variance that it learned. */
export interface LearnedOutput {
  prediction: Float32Array;
  variance: Float32Array | undefined;
}

/** Splits [batch, 2 x channels, ...] into two [batch, channels, ...]; an output of the sample's own size is prediction alone. */
export function splitLearnedVariance(output: Float32Array, sampleLength: number, batchSize = 1): LearnedOutput {
  if (output.length === sampleLength) return { prediction: output, variance: undefined };
  const size = sampleLength / batchSize;
  const [prediction, variance] = [new Float32Array(sampleLength), new Float32Array(sampleLength)];
  for (let item = 0; item < batchSize; item++) {
    prediction.set(output.subarray(2 * item * size, (2 * item + 1) * size), item * size);
    variance.set(output.subarray((2 * item + 1) * size, (2 * item + 2) * size), item * size);
  }
  return { prediction, variance };
}
