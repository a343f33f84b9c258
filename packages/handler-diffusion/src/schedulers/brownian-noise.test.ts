import { describe, expect, it } from 'vitest';
import { brownianNoise } from './brownian-noise.js';
import { createScheduler } from './create-scheduler.js';

/** Unit normal numbers, their uniform ones from xorshift32 (Marsaglia 2003). */
function normal(seed: number, size: number): () => Float32Array {
  let state = seed;
  const uniform = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  return () => Float32Array.from({ length: size }, () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()));
}

const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
const product = (left: Float32Array, right: Float32Array) => left.map((value, index) => value * right[index]!);

describe('Brownian noise', () => {
  it('adds up: two stretches make the one that covers both', () => {
    const noise = brownianNoise(normal(1, 64));
    const [first, whole] = [noise(4, 3), noise(4, 2)];
    const second = noise(3, 2);
    whole.forEach((value, index) => expect(value * Math.SQRT2).toBeCloseTo(first[index]! + second[index]!, 5));
  });

  it('is unit noise on every stretch, and correlated as far as stretches overlap', () => {
    const noise = brownianNoise(normal(2, 20_000));
    const [half, whole, inner] = [noise(10, 7), noise(10, 4), noise(9, 5)];
    for (const values of [half, whole, inner]) {
      expect(Math.abs(mean(values))).toBeLessThan(0.03);
      expect(Math.abs(mean(product(values, values)) - 1)).toBeLessThan(0.03);
    }
    expect(mean(product(half, whole))).toBeCloseTo(Math.sqrt(3 / 6), 1);
    expect(mean(product(noise(5, 4), noise(4, 3)))).toBeCloseTo(0, 1);
  });

  it('is what the DPM++ SDE scheduler asks for', () => {
    const scheduler = createScheduler({ _class_name: 'DPM++ SDE' });
    scheduler.setTimesteps(4);
    const noise = brownianNoise(normal(3, 8));
    const last = scheduler.timesteps.reduce<Float32Array>((sample, _, index) => scheduler.step(sample.map(Math.sin), index, sample, { noise }), new Float32Array(8).fill(3));
    expect(last.every(Number.isFinite)).toBe(true);
  });
});
