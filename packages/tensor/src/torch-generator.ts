import { LlmiError } from '@llmi/core';
import { MersenneTwister } from './mersenne-twister.js';
import { log32, sineAndCosine32 } from './simd-maths.js';

const f32 = Math.fround;
/** torch makes normal numbers in blocks of this many: the first half from radius and cosine, the second from radius and sine. */
const block = 16;
const half = block / 2;
const twoPi = f32(2 * Math.PI);

/**
 * torch.Generator of a CPU after manual_seed: the same numbers for the same calls, on any machine.
 * Source: PyTorch v2.13.0, aten/src/ATen/native/cpu/DistributionTemplates.h, normal_fill_AVX2, and aten/src/ATen/core/DistributionsHelper.h.
 */
export class TorchGenerator {
  private readonly twister: MersenneTwister;
  /** The second normal number of a pair that was made for a single one. */
  private spare: number | undefined;

  constructor(seed: number | bigint) {
    if (typeof seed === 'number' && !Number.isSafeInteger(seed)) {
      throw new LlmiError('INPUT_INVALID', { message: `Seed ${seed} is not a whole number.`, hint: 'Use a whole number, beyond 2^53 a bigint.', param: 'seed' });
    }
    this.twister = new MersenneTwister(seed);
  }

  /** torch.randn(...shape, generator=this) in float32, flat: `count` is the product of the shape. */
  randn(count: number): Float32Array {
    if (!Number.isSafeInteger(count) || count < 0) throw new LlmiError('INPUT_INVALID', { message: `${count} is not a number of values.`, param: 'count' });
    const values = new Float32Array(count);
    if (count < block) return values.map(() => this.single());
    this.uniform(values);
    for (let start = 0; start + block <= count; start += block) toNormal(values.subarray(start, start + block));
    if (count % block !== 0) {
      // The rest is made anew together with values that were there already.
      const last = values.subarray(count - block);
      this.uniform(last);
      toNormal(last);
    }
    return values;
  }

  /** Numbers in [0, 1) of 24 bits. */
  private uniform(values: Float32Array): void {
    for (let index = 0; index < values.length; index++) values[index] = (this.twister.next() & 0xffffff) * 2 ** -24;
  }

  /** A number in [0, 1) of 53 bits. */
  private uniform64(): number {
    const [high, low] = [this.twister.next(), this.twister.next()];
    return ((high & 0x1fffff) * 2 ** 32 + low) * 2 ** -53;
  }

  /** One normal number in double precision. Source: Box & Muller 1958, https://doi.org/10.1214/aoms/1177706645 */
  private single(): number {
    const { spare } = this;
    this.spare = undefined;
    if (spare !== undefined) return spare;
    const [turn, share] = [this.uniform64(), this.uniform64()];
    const radius = Math.sqrt(-2 * Math.log1p(-share));
    this.spare = radius * Math.sin(2 * Math.PI * turn);
    return radius * Math.cos(2 * Math.PI * turn);
  }
}

/** Turns a block of uniform numbers into normal ones, in place. */
function toNormal(values: Float32Array): void {
  for (let index = 0; index < half; index++) {
    const radius = f32(Math.sqrt(f32(-2 * log32(f32(1 - values[index]!)))));
    const [sine, cosine] = sineAndCosine32(f32(twoPi * values[index + half]!));
    values[index] = radius * cosine;
    values[index + half] = radius * sine;
  }
}
