import { PowerSpectrum } from './fft.js';
import { MelFilters, type MelFilterOptions } from './mel-filters.js';
import { makeWindow, type WindowName } from './windows.js';

export interface MelSpectrogramOptions extends MelFilterOptions {
  hopLength: number;
  /** Samples of a frame; the transform is filled up with zeros. Default: `fftSize`. */
  frameLength?: number;
  window: WindowName;
  /** Puts the first frame around the first sample, the sound mirrored at both ends; else frames lie within the sound. */
  center: boolean;
  /** Leaves out the last of centred frames, as Whisper does: then there is one for each full hop. */
  dropLast?: boolean;
  /** 1 for magnitudes, 2 (default) for power. */
  power?: 1 | 2;
  /** Least value before the logarithm. */
  floor: number;
  log: 'ln' | 'log10' | 'dB';
  /** Kaldi's: takes the mean from each frame, and weakens its low tones by the sample before. */
  removeMean?: boolean;
  preemphasis?: number;
}

/** Mel spectrogram of a mono stream, block by block, with the same values as for the whole. Frames are given one after the other: [frames, mels]. */
export class MelSpectrogram {
  readonly #spectrum: PowerSpectrum;
  readonly #filters: MelFilters;
  readonly #window: Float64Array;
  readonly #frameLength: number;
  readonly #frame: Float64Array;
  readonly #power: Float64Array;
  readonly #energies: Float64Array;
  #pending = new Float32Array(0);
  #started = false;

  constructor(private readonly options: MelSpectrogramOptions) {
    this.#frameLength = options.frameLength ?? options.fftSize;
    this.#spectrum = new PowerSpectrum(options.fftSize);
    this.#filters = new MelFilters(options);
    this.#window = makeWindow(options.window, this.#frameLength);
    this.#frame = new Float64Array(options.fftSize); // zeros behind the frame
    this.#power = new Float64Array(this.#spectrum.bins);
    this.#energies = new Float64Array(options.mels);
  }

  /** The frames that are whole with these samples. */
  push(samples: Float32Array): Float32Array {
    const joined = join(this.#pending, samples);
    const margin = this.options.center ? this.#frameLength / 2 : 0;
    if (this.#started || margin === 0) return this.#take(joined);
    this.#pending = joined;
    if (joined.length <= margin) return new Float32Array(0);
    this.#started = true;
    return this.#take(join(joined.slice(1, margin + 1).reverse(), joined));
  }

  /** The frames that reach beyond the end. A centred sound must be longer than half a frame. */
  finish(): Float32Array {
    const { center, dropLast } = this.options;
    if (!center || !this.#started) return new Float32Array(0);
    const margin = this.#frameLength / 2;
    const rest = this.#pending;
    const mirrored = join(rest, rest.slice(-margin - 1, -1).reverse());
    const frames = this.#take(mirrored);
    return dropLast ? frames.subarray(0, frames.length - this.options.mels) : frames;
  }

  #take(samples: Float32Array): Float32Array {
    const { hopLength, mels } = this.options;
    const count = Math.max(0, Math.floor((samples.length - this.#frameLength) / hopLength) + 1);
    const frames = new Float32Array(count * mels);
    const [frame, power, energies] = [this.#frame, this.#power, this.#energies];
    for (let index = 0; index < count; index++) {
      this.#cut(samples, index * hopLength, frame);
      this.#spectrum.compute(frame, power);
      if (this.options.power === 1) power.forEach((value, bin) => (power[bin] = Math.sqrt(value)));
      this.#filters.apply(power, energies);
      for (let mel = 0; mel < mels; mel++) frames[index * mels + mel] = this.#logarithm(energies[mel]!);
    }
    this.#pending = samples.slice(count * hopLength);
    return frames;
  }

  #cut(samples: Float32Array, start: number, frame: Float64Array): void {
    const { removeMean, preemphasis } = this.options;
    const length = this.#frameLength;
    for (let index = 0; index < length; index++) frame[index] = samples[start + index]!;
    if (removeMean) {
      let sum = 0;
      for (let index = 0; index < length; index++) sum += frame[index]!;
      for (let index = 0; index < length; index++) frame[index]! -= sum / length;
    }
    if (preemphasis !== undefined) {
      for (let index = length - 1; index > 0; index--) frame[index]! -= preemphasis * frame[index - 1]!;
      frame[0]! *= 1 - preemphasis;
    }
    for (let index = 0; index < length; index++) frame[index]! *= this.#window[index]!;
  }

  #logarithm(energy: number): number {
    const { log, floor } = this.options;
    const value = Math.max(energy, floor);
    return log === 'ln' ? Math.log(value) : log === 'log10' ? Math.log10(value) : 10 * Math.log10(value);
  }
}

function join(left: Float32Array, right: Float32Array): Float32Array<ArrayBuffer> {
  const joined = new Float32Array(left.length + right.length);
  joined.set(left);
  joined.set(right, left.length);
  return joined;
}
