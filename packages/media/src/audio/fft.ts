/** Sizes of the small transforms that a large one is made of; what has other prime factors is done by a plain sum. */
const radices = [4, 5, 3, 2];

interface ComplexNumbers {
  real: Float64Array;
  imaginary: Float64Array;
}

/**
 * Discrete Fourier transform of complex numbers of one length, prepared once and used for many frames. Stockham's algorithm: no
 * reordering, for any length.
 * Source: Stockham 1966; Govindaraju et al. 2008, "High performance discrete Fourier transforms", section 3
 */
class ComplexTransform {
  readonly #stages: Stage[];
  readonly input: ComplexNumbers;
  readonly #other: ComplexNumbers;

  constructor(readonly length: number) {
    this.#stages = makeStages(length);
    this.input = { real: new Float64Array(length), imaginary: new Float64Array(length) };
    this.#other = { real: new Float64Array(length), imaginary: new Float64Array(length) };
  }

  /** Transforms what is in `input`; the result stays there until the next time. */
  transform(): ComplexNumbers {
    let [from, to] = [this.input, this.#other];
    for (const stage of this.#stages) {
      this.#run(stage, from, to);
      [from, to] = [to, from];
    }
    return from;
  }

  #run({ radix, stride, groups, weights }: Stage, { real: xr, imaginary: xi }: ComplexNumbers, { real: yr, imaginary: yi }: ComplexNumbers): void {
    const step = stride * groups;
    for (let group = 0, first = 0, place = 0; group < groups; group++) {
      for (let output = 0; output < radix; output++, first += 2 * radix, place += stride) {
        for (let lane = 0; lane < stride; lane++) {
          let sumReal = 0;
          let sumImaginary = 0;
          for (let at = lane + stride * group, weight = first; weight < first + 2 * radix; at += step, weight += 2) {
            const cosine = weights[weight]!;
            const sine = weights[weight + 1]!;
            sumReal += xr[at]! * cosine - xi[at]! * sine;
            sumImaginary += xr[at]! * sine + xi[at]! * cosine;
          }
          yr[place + lane] = sumReal;
          yi[place + lane] = sumImaginary;
        }
      }
    }
  }
}

/** Small transforms over the whole length, each result turned by its twiddle factor. */
interface Stage {
  radix: number;
  /** Product of the radices before. */
  stride: number;
  groups: number;
  /** [group, output, input, 2]: cosine and sine. */
  weights: Float64Array;
}

function makeStages(length: number): Stage[] {
  let stride = 1;
  return factorize(length).map((radix) => {
    const groups = length / (stride * radix);
    const weights = new Float64Array(groups * radix * radix * 2);
    let at = 0;
    for (let group = 0; group < groups; group++) {
      for (let output = 0; output < radix; output++) {
        for (let input = 0; input < radix; input++) {
          const turns = (group * output * stride) / length + (input * output) / radix;
          weights[at++] = Math.cos(-2 * Math.PI * (turns % 1));
          weights[at++] = Math.sin(-2 * Math.PI * (turns % 1));
        }
      }
    }
    const stage = { radix, stride, groups, weights };
    stride *= radix;
    return stage;
  });
}

function factorize(length: number): number[] {
  const factors: number[] = [];
  let rest = length;
  for (const radix of radices) {
    for (; rest % radix === 0; rest /= radix) factors.push(radix);
  }
  for (let prime = 7; rest > 1; prime += 2) {
    for (; rest % prime === 0; rest /= prime) factors.push(prime);
  }
  return factors;
}

/** The squared magnitudes of the spectra of real frames of one, even length. */
export class PowerSpectrum {
  readonly #half: ComplexTransform;
  /** cos and sin of -2π k / length, for the first half */
  readonly #cosines: Float64Array;
  readonly #sines: Float64Array;
  /** Frequencies: length / 2 + 1. */
  readonly bins: number;

  constructor(readonly length: number) {
    const half = length / 2;
    this.bins = half + 1;
    this.#half = new ComplexTransform(half);
    this.#cosines = Float64Array.from({ length: this.bins }, (_, index) => Math.cos((-2 * Math.PI * index) / length));
    this.#sines = Float64Array.from({ length: this.bins }, (_, index) => Math.sin((-2 * Math.PI * index) / length));
  }

  /** Even samples as real and odd ones as imaginary parts make one transform of half the length, which is then taken apart. */
  compute(frame: Float64Array, power: Float64Array): void {
    const half = this.bins - 1;
    const { input } = this.#half;
    for (let index = 0; index < half; index++) {
      input.real[index] = frame[2 * index]!;
      input.imaginary[index] = frame[2 * index + 1]!;
    }
    const { real, imaginary } = this.#half.transform();
    for (let bin = 0; bin <= half; bin++) {
      const at = bin % half;
      const mirrored = (half - bin) % half;
      const evenReal = (real[at]! + real[mirrored]!) / 2;
      const evenImaginary = (imaginary[at]! - imaginary[mirrored]!) / 2;
      const oddReal = (imaginary[at]! + imaginary[mirrored]!) / 2;
      const oddImaginary = (real[mirrored]! - real[at]!) / 2;
      const cosine = this.#cosines[bin]!;
      const sine = this.#sines[bin]!;
      const sumReal = evenReal + cosine * oddReal - sine * oddImaginary;
      const sumImaginary = evenImaginary + cosine * oddImaginary + sine * oddReal;
      power[bin] = sumReal * sumReal + sumImaginary * sumImaginary;
    }
  }
}
