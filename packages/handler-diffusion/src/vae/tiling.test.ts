import { describe, expect, it } from 'vitest';
import { tensorOf, type Tensor } from '../components/tensor.js';
import { inTiles } from './tiling.js';

/** Each value four times, as a VAE makes one value of latents into pixels. */
function enlarge({ data, shape }: Tensor): Tensor {
  const [, channels, height, width] = shape as [number, number, number, number];
  const large = new Float32Array(data.length * 4);
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < 2 * height; y++) {
      for (let x = 0; x < 2 * width; x++) large[(channel * 2 * height + y) * 2 * width + x] = data[(channel * height + (y >> 1)) * width + (x >> 1)]!;
    }
  }
  return { data: large, shape: [1, channels, 2 * height, 2 * width] };
}

const ramp = (channels: number, height: number, width: number) => tensorOf(Array.from({ length: channels * height * width }, (_, index) => Math.sin(index)), [1, channels, height, width]);

describe('inTiles', () => {
  it.each([[13, 19], [4, 16], [16, 5], [12, 12]])('is the same as the whole where every value is worked on alone, %i x %i', async (height, width) => {
    const input = ramp(2, height, width);
    const whole = enlarge(input);
    const sizes: number[] = [];
    const tiled = await inTiles(input, { inputSide: 8, outputSide: 16 }, async (tile) => {
      sizes.push(Math.max(tile.shape[2]!, tile.shape[3]!));
      return enlarge(tile);
    });
    expect(tiled.shape).toEqual(whole.shape);
    tiled.data.forEach((value, index) => expect(value).toBeCloseTo(whole.data[index]!, 6));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(8);
    expect(sizes.length).toBeGreaterThan(1);
  });

  it('fades from one tile into the next', async () => {
    let count = 0;
    const { data } = await inTiles(ramp(1, 1, 12), { inputSide: 8, outputSide: 8 }, async (tile) => ({ data: tile.data.map(() => count), shape: tile.shape, count: count++ }));
    expect([...data]).toEqual([0, 0, 0, 0, 0, 0, 0, 0.5, 1, 1, 1, 1]);
  });
});
