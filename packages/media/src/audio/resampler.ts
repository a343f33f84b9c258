/** Zero crossings of the sinc on each side. */
const lowpassFilterWidth = 6;
/** Of the smaller Nyquist frequency, where the filter begins to fall. */
const rolloff = 0.99;

/**
 * Changes the sample rate of a mono stream, block by block, with the same result as for the whole: a polyphase windowed sinc filter.
 *
 * With o and n the rates divided by their greatest common divisor, output sample i·n + j is the dot product of the input around i·o
 * with phase j of the filter, whose taps are sinc(t) cos²(πt / 2w) at t = (k/o - j/n) · base, within ±w.
 * Source: torchaudio.functional.resample with its defaults (sinc_interp_hann), to which it is equal within rounding.
 */
export class Resampler {
  readonly #from: number;
  readonly #to: number;
  readonly #width: number;
  readonly #taps: number;
  readonly #kernel: Kernel;
  #pending: Float32Array;
  #received = 0;
  #given = 0;

  constructor(fromRate: number, toRate: number) {
    const divisor = greatestCommonDivisor(fromRate, toRate);
    this.#from = fromRate / divisor;
    this.#to = toRate / divisor;
    const base = Math.min(this.#from, this.#to) * rolloff;
    this.#width = Math.ceil((lowpassFilterWidth * this.#from) / base);
    this.#taps = 2 * this.#width + this.#from;
    this.#kernel = makeKernel(this.#from, this.#to, base, this.#width);
    this.#pending = new Float32Array(this.#width); // silence before the beginning
  }

  /** What can be told from the samples so far. */
  push(samples: Float32Array): Float32Array {
    this.#received += samples.length;
    if (this.#from === this.#to) return samples;
    const joined = new Float32Array(this.#pending.length + samples.length);
    joined.set(this.#pending);
    joined.set(samples, this.#pending.length);
    const steps = Math.max(0, Math.floor((joined.length - this.#taps) / this.#from) + 1);
    const output = this.#filter(joined, steps);
    this.#pending = joined.slice(steps * this.#from);
    this.#given += output.length;
    return output;
  }

  /** What is left, once everything was pushed. */
  finish(): Float32Array {
    if (this.#from === this.#to) return new Float32Array(0);
    const wanted = Math.ceil((this.#received * this.#to) / this.#from) - this.#given;
    const received = this.#received;
    const rest = this.push(new Float32Array(this.#width + this.#from)); // silence behind the end
    this.#received = received;
    return rest.subarray(0, wanted);
  }

  #filter(input: Float32Array, steps: number): Float32Array {
    const output = new Float32Array(steps * this.#to);
    const { weights, starts, taps } = this.#kernel;
    for (let step = 0, start = 0, at = 0; step < steps; step++, start += this.#from) {
      for (let phase = 0, tap = 0; phase < this.#to; phase++) {
        const first = start + starts[phase]!;
        let sum = 0;
        for (let index = 0; index < taps; index++, tap++) sum += input[first + index]! * weights[tap]!;
        output[at++] = sum;
      }
    }
    return output;
  }
}

function greatestCommonDivisor(left: number, right: number): number {
  return right === 0 ? left : greatestCommonDivisor(right, left % right);
}

/** The filter without its zeros: of each phase the taps within its window, and where in the input they begin. */
interface Kernel {
  taps: number;
  starts: Int32Array; // [phase]
  weights: Float32Array; // [phase, tap]
}

function makeKernel(from: number, to: number, base: number, width: number): Kernel {
  const reach = (lowpassFilterWidth * from) / base; // of the window to each side, in input samples
  const taps = 2 * Math.ceil(reach) + 1;
  const starts = Int32Array.from({ length: to }, (_, phase) => Math.max(0, Math.min(2 * width + from - taps, Math.ceil(width + (from * phase) / to - reach))));
  const weights = new Float32Array(to * taps);
  for (let phase = 0, at = 0; phase < to; phase++) {
    for (let tap = 0; tap < taps; tap++, at++) {
      const time = Math.max(-lowpassFilterWidth, Math.min(lowpassFilterWidth, ((starts[phase]! + tap - width) / from - phase / to) * base));
      const window = Math.cos((time * Math.PI) / lowpassFilterWidth / 2) ** 2;
      const sinc = time === 0 ? 1 : Math.sin(time * Math.PI) / (time * Math.PI);
      weights[at] = sinc * window * (base / from);
    }
  }
  return { taps, starts, weights };
}

/** All samples at another rate. */
export function resample(samples: Float32Array, fromRate: number, toRate: number): Float32Array {
  const resampler = new Resampler(fromRate, toRate);
  const [body, rest] = [resampler.push(samples), resampler.finish()];
  const output = new Float32Array(body.length + rest.length);
  output.set(body);
  output.set(rest, body.length);
  return output;
}
