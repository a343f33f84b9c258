import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MelSpectrogram, resample, Resampler, type MelSpectrogramOptions } from '../src/audio/index.js';
import { expectSome, type Some } from './expect-some.js';

const { resampled, features } = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures', 'audio.json'), 'utf8')) as {
  resampled: { from: number; to: number; result: Some }[];
  features: Record<string, Some>;
};

/** As make_audio.py makes it. */
const tones = (rate: number, seconds: number) =>
  Float32Array.from({ length: Math.floor(rate * seconds) }, (_, index) => {
    const time = index / rate;
    return 0.4 * Math.sin(2 * Math.PI * (300 * time + 500 * time * time));
  });

const join2 = (parts: Float32Array[]) => Float32Array.from(parts.flatMap((part) => [...part]));

describe('resampling, against torchaudio', () => {
  for (const { from, to, result } of resampled) {
    it(`${from} to ${to} Hz`, () => expectSome(resample(tones(16000, 0.1), from, to), result, from === 16001 ? 1e-4 : 1e-5));
  }

  it('gives the same in blocks of any size', () => {
    const samples = tones(16000, 0.2);
    for (const size of [1, 7, 441, 1000]) {
      const resampler = new Resampler(44100, 16000);
      const parts: Float32Array[] = [];
      for (let start = 0; start < samples.length; start += size) parts.push(resampler.push(samples.subarray(start, start + size)));
      expect(join2([...parts, resampler.finish()])).toEqual(resample(samples, 44100, 16000));
    }
  });
});

describe('mel spectrograms, against transformers', () => {
  const whisper = (mels: number): MelSpectrogramOptions => ({
    sampleRate: 16000, fftSize: 400, hopLength: 160, mels, minFrequency: 0, maxFrequency: 8000, scale: 'slaney', slaneyNorm: true, window: 'hann', center: true, dropLast: true, floor: 1e-10, log: 'log10',
  });
  const clap: MelSpectrogramOptions = { sampleRate: 48000, fftSize: 1024, hopLength: 480, mels: 64, minFrequency: 0, maxFrequency: 14000, scale: 'slaney', slaneyNorm: true, window: 'hann', center: true, floor: 1e-10, log: 'dB' };

  /** Frames of all samples, in blocks. */
  function frames(samples: Float32Array, options: MelSpectrogramOptions, size = samples.length): Float32Array {
    const spectrogram = new MelSpectrogram(options);
    const parts: Float32Array[] = [];
    for (let start = 0; start < samples.length; start += size) parts.push(spectrogram.push(samples.subarray(start, start + size)));
    return join2([...parts, spectrogram.finish()]);
  }

  /** [frames, mels] to [mels, frames], with Whisper's last steps. */
  function normalized(values: Float32Array, mels: number): Float32Array {
    const count = values.length / mels;
    const highest = values.reduce((best, value) => Math.max(best, value), -Infinity);
    return Float32Array.from(values, (_, at) => (Math.max(values[(at % count) * mels + Math.floor(at / count)]!, highest - 8) + 4) / 4);
  }

  for (const mels of [80, 128]) {
    it(`Whisper's, ${mels} mels`, () => {
      const padded = new Float32Array(480_000);
      padded.set(tones(16000, 2.03));
      expectSome(normalized(frames(padded, whisper(mels)), mels), features[`whisper${mels}`]!, 1e-4);
      expectSome(normalized(frames(tones(16000, 2.03), whisper(mels)), mels), features[`whisper${mels}Unpadded`]!, 1e-4);
    });
  }

  it('are the same in blocks of any size', () => {
    const samples = tones(16000, 0.5);
    for (const size of [1, 159, 160, 201, 5000]) expect(frames(samples, whisper(80), size)).toEqual(frames(samples, whisper(80)));
  });

  it("Kaldi's, as AST takes them", () => {
    const options: MelSpectrogramOptions = {
      sampleRate: 16000, fftSize: 512, frameLength: 400, hopLength: 160, mels: 128, minFrequency: 20, maxFrequency: 8000, scale: 'kaldi', triangularInMel: true, window: 'hann-symmetric', center: false, removeMean: true, preemphasis: 0.97, floor: 1.192092955078125e-7, log: 'ln',
    };
    const bank = frames(tones(16000, 2.03), options);
    const padded = new Float32Array(1024 * 128);
    padded.set(bank);
    expectSome(padded.map((value) => (value + 4.2677393) / (4.5689974 * 2)), features.ast!, 3e-4); // torchaudio takes the logarithm of single-precision values near zero
  });

  it("CLAP's", () => {
    const sound = tones(48000, 1.2);
    const repeated = new Float32Array(480_000);
    for (let copy = 0; copy < Math.floor(480_000 / sound.length); copy++) repeated.set(sound, copy * sound.length);
    expectSome(frames(repeated, { ...clap, maxFrequency: 14000, minFrequency: 0 }), features.clap!, 2e-3);
    expectSome(frames(repeated, { ...clap, scale: 'htk', slaneyNorm: false }), features.clapFusion!, 2e-3);
  });
});
