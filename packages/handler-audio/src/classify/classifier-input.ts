import { jsonFile, LlmiError, type ModelInfo } from '@llmi/core';
import { MelSpectrogram } from '@llmi/media/audio';
import { numberOf } from '../model-files.js';
import { prepareRawSound, readRawSound } from '../raw-sound.js';

/** How a classifier wants its sound. */
export interface ClassifierInput {
  sampleRate: number;
  maxSeconds: number;
  /** What the graph may call its input. */
  names: readonly string[];
  prepare(samples: Float32Array): { shape: number[]; data: Float32Array };
}

/** Attention over the waveform grows with the square of its length; longer ones are to be cut by who knows where. */
const maxSeconds = 300;
/** Of a sound that a fixed length is cut from. */
const maxSecondsOfCut = 3600;

/** @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED */
export function classifierInput(model: ModelInfo): ClassifierInput {
  const config = jsonFile(model, 'preprocessor_config.json') ?? {};
  switch (config.feature_extractor_type ?? (model.modelType === 'audio-spectrogram-transformer' ? 'ASTFeatureExtractor' : 'Wav2Vec2FeatureExtractor')) {
    case 'Wav2Vec2FeatureExtractor':
      return rawInput(model);
    case 'ASTFeatureExtractor':
      return astInput(config);
    case 'WhisperFeatureExtractor':
      return whisperInput(config);
    default:
      throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: `Sounds for this model are prepared by ${String(config.feature_extractor_type)}, which is not known here.`, hint: 'Use a model of the wav2vec2 family, AST, or Whisper.' });
  }
}

function rawInput(model: ModelInfo): ClassifierInput {
  const raw = readRawSound(model, true);
  const prepare = (samples: Float32Array) => {
    const data = prepareRawSound(samples, raw);
    return { shape: [1, data.length], data };
  };
  return { sampleRate: raw.sampleRate, maxSeconds, names: ['input_values'], prepare };
}

/** Kaldi's filter bank, padded with silence or cut. Source: ASTFeatureExtractor of transformers 4.57 */
function astInput(config: Record<string, unknown>): ClassifierInput {
  const sampleRate = numberOf(config, 'sampling_rate', 16_000);
  const mels = numberOf(config, 'num_mel_bins', 128);
  const frames = numberOf(config, 'max_length', 1024);
  const [mean, deviation] = [numberOf(config, 'mean', -4.2677393), numberOf(config, 'std', 4.5689974)];
  const [frameLength, hopLength] = [0.025 * sampleRate, 0.01 * sampleRate];
  const fftSize = 2 ** Math.ceil(Math.log2(frameLength));
  const prepare = (samples: Float32Array) => {
    const spectrogram = new MelSpectrogram({
      sampleRate, fftSize, frameLength, hopLength, mels, minFrequency: 20, maxFrequency: sampleRate / 2, scale: 'kaldi', triangularInMel: true, window: 'hann-symmetric', center: false, removeMean: true, preemphasis: 0.97, floor: 2 ** -23, log: 'ln',
    });
    const data = new Float32Array(frames * mels);
    data.set(spectrogram.push(samples).subarray(0, data.length));
    return { shape: [1, frames, mels], data: config.do_normalize === false ? data : data.map((value) => (value - mean) / (deviation * 2)) };
  };
  return { sampleRate, maxSeconds: maxSecondsOfCut, names: ['input_values'], prepare };
}

function whisperInput(config: Record<string, unknown>): ClassifierInput {
  const sampleRate = numberOf(config, 'sampling_rate', 16_000);
  const mels = numberOf(config, 'feature_size', 80);
  const [fftSize, hopLength, length] = [numberOf(config, 'n_fft', 400), numberOf(config, 'hop_length', 160), numberOf(config, 'chunk_length', 30) * sampleRate];
  const prepare = (samples: Float32Array) => {
    const padded = new Float32Array(length);
    padded.set(samples.subarray(0, length));
    const spectrogram = new MelSpectrogram({ sampleRate, fftSize, hopLength, mels, minFrequency: 0, maxFrequency: 8000, scale: 'slaney', slaneyNorm: true, window: 'hann', center: true, dropLast: true, floor: 1e-10, log: 'log10' });
    const frames = [spectrogram.push(padded), spectrogram.finish()].flatMap((part) => [...part]); // [frames, mels]
    const highest = frames.reduce((best, value) => Math.max(best, value), -Infinity);
    const count = frames.length / mels;
    const data = Float32Array.from(frames, (_, at) => (Math.max(frames[(at % count) * mels + Math.floor(at / count)]!, highest - 8) + 4) / 4);
    return { shape: [1, mels, count], data };
  };
  return { sampleRate, maxSeconds: maxSecondsOfCut, names: ['input_features'], prepare };
}
