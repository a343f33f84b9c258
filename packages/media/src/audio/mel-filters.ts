/** How frequencies are bent to what the ear takes for even steps. */
export type MelScale = 'slaney' | 'htk' | 'kaldi';

export interface MelFilterOptions {
  sampleRate: number;
  fftSize: number;
  mels: number;
  minFrequency: number;
  maxFrequency: number;
  scale: MelScale;
  /** Makes every filter's area one. */
  slaneyNorm?: boolean;
  /** Triangles that are straight on the mel axis, as Kaldi's, and not on that of frequencies. */
  triangularInMel?: boolean;
}

/** The weights of one filter, from its first frequency on. */
interface MelFilter {
  start: number;
  weights: Float64Array;
}

/** Slaney's scale is straight up to 1000 Hz, which are 15 mels, and logarithmic beyond: 27 steps to 6400 Hz. */
const [breakHertz, breakMels, step] = [1000, 15, Math.log(6.4) / 27];

function toMels(hertz: number, scale: MelScale): number {
  if (scale === 'htk') return 2595 * Math.log10(1 + hertz / 700);
  if (scale === 'kaldi') return 1127 * Math.log(1 + hertz / 700);
  return hertz < breakHertz ? (3 * hertz) / 200 : breakMels + Math.log(hertz / breakHertz) / step;
}

function toHertz(mels: number, scale: MelScale): number {
  if (scale === 'htk') return 700 * (10 ** (mels / 2595) - 1);
  if (scale === 'kaldi') return 700 * (Math.exp(mels / 1127) - 1);
  return mels < breakMels ? (200 * mels) / 3 : breakHertz * Math.exp(step * (mels - breakMels));
}

/** Triangular filters that overlap by half. Source: `mel_filter_bank` of transformers 4.57, audio_utils.py */
export class MelFilters {
  readonly #filters: MelFilter[];

  constructor({ sampleRate, fftSize, mels, minFrequency, maxFrequency, scale, slaneyNorm = false, triangularInMel = false }: MelFilterOptions) {
    const bins = fftSize / 2 + 1;
    const [low, high] = [toMels(minFrequency, scale), toMels(maxFrequency, scale)];
    const edgeMels = Array.from({ length: mels + 2 }, (_, index) => low + ((high - low) * index) / (mels + 1));
    const edgeHertz = edgeMels.map((mel) => toHertz(mel, scale));
    const edges = triangularInMel ? edgeMels : edgeHertz;
    const frequencies = Array.from({ length: bins }, (_, bin) => {
      const hertz = triangularInMel ? (sampleRate * bin) / fftSize : (sampleRate / 2 / (bins - 1)) * bin;
      return triangularInMel ? toMels(hertz, scale) : hertz;
    });
    this.#filters = Array.from({ length: mels }, (_, mel) => {
      const [left, centre, right] = [edges[mel]!, edges[mel + 1]!, edges[mel + 2]!];
      const norm = slaneyNorm ? 2 / (edgeHertz[mel + 2]! - edgeHertz[mel]!) : 1;
      const weights = frequencies.map((frequency) => Math.max(0, Math.min((frequency - left) / (centre - left), (right - frequency) / (right - centre))) * norm);
      const start = Math.max(0, weights.findIndex((weight) => weight > 0));
      return { start, weights: Float64Array.from(weights.slice(start, weights.findLastIndex((weight) => weight > 0) + 1)) };
    });
  }

  /** The energy in each filter. */
  apply(power: Float64Array, mels: Float64Array): void {
    for (let mel = 0; mel < this.#filters.length; mel++) {
      const { start, weights } = this.#filters[mel]!;
      let sum = 0;
      for (let index = 0; index < weights.length; index++) sum += weights[index]! * power[start + index]!;
      mels[mel] = sum;
    }
  }
}
