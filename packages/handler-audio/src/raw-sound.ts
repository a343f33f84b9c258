import { jsonFile, type ModelInfo } from '@llmi/core';
import { numberOf } from './model-files.js';

/** How models that take the waveform itself want it. */
export interface RawSound {
  sampleRate: number;
  /** Mean zero, variance one. */
  normalizes: boolean;
}

/** As preprocessor_config.json says; `usual` where it does not say whether to normalize. */
export function readRawSound(model: ModelInfo, usual: boolean): RawSound {
  const config = jsonFile(model, 'preprocessor_config.json');
  const given = config?.do_normalize;
  return { sampleRate: numberOf(config, 'sampling_rate', 16_000), normalizes: typeof given === 'boolean' ? given : usual };
}

/** Seconds: convolutions make nothing of less. */
const leastSeconds = 0.1;

/** Samples as the model wants them; a sound that is too short for it ends in silence. */
export function prepareRawSound(samples: Float32Array, { sampleRate, normalizes }: RawSound): Float32Array {
  const prepared = normalizes ? normalizeSound(samples) : samples;
  if (samples.length >= leastSeconds * sampleRate) return prepared;
  const padded = new Float32Array(Math.ceil(leastSeconds * sampleRate));
  padded.set(prepared);
  return padded;
}

/** Keeps the square root away from zero. */
const epsilon = 1e-7;

/** Samples with mean zero and variance one. Source: Wav2Vec2FeatureExtractor.zero_mean_unit_var_norm of transformers 4.57 */
export function normalizeSound(samples: Float32Array): Float32Array {
  let sum = 0;
  for (const sample of samples) sum += sample;
  const mean = sum / samples.length;
  let squares = 0;
  for (const sample of samples) squares += (sample - mean) ** 2;
  const deviation = Math.sqrt(squares / samples.length + epsilon);
  return samples.map((sample) => (sample - mean) / deviation);
}
