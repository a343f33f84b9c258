import type { PixelImage } from '@llmi/media';
import { describe, expect, it } from 'vitest';
import { tensorOf } from '../components/tensor.js';
import { finishImage } from './finish-image.js';
import { maskImage, prepareControl, prepareImage, prepareMask, shrinkMask } from './prepare-image.js';

const picture = (channels: 1 | 3, width: number, height: number, values: number[]): PixelImage => ({ width, height, channels, data: Uint8Array.from(values) });

describe('pictures on their way in', () => {
  const image = picture(3, 2, 1, [0, 51, 255, 255, 102, 0]); // two pixels
  it('become planes from -1 to 1', () => {
    [-1, 1, -0.6, -0.2, 1, -1].forEach((value, index) => expect(prepareImage(image, { width: 2, height: 1 }).data[index]).toBeCloseTo(value, 6));
  });

  it('become planes from 0 to 1 for a ControlNet', () => {
    [0, 1, 0.2, 0.4, 1, 0].forEach((value, index) => expect(prepareControl(image, { width: 2, height: 1 }).data[index]).toBeCloseTo(value, 6));
  });

  it('become masks of 0 and 1, and of the size of the latents', () => {
    const mask = prepareMask(picture(1, 4, 2, [0, 255, 127, 128, 255, 255, 0, 0]), { width: 4, height: 2 });
    expect([...mask.data]).toEqual([0, 1, 0, 1, 1, 1, 0, 0]);
    expect([...shrinkMask(mask, 1, 2).data]).toEqual([0, 0]);
    expect([...shrinkMask(mask, 2, 2).data]).toEqual([0, 0, 1, 0]);
  });

  it('are grey where they are painted anew', () => {
    expect([...maskImage(tensorOf([0.5, -1, 1, 0.25, 1, 1], [1, 3, 1, 2]), tensorOf([0, 1], [1, 1, 1, 2])).data]).toEqual([0.5, 0, 1, 0, 1, 0]);
  });
});

it('pictures on their way out are rounded and cut at both ends', () => {
  const { data } = finishImage(Float32Array.of(-1, 0.005, 1, 2, -3, 0), 1, 2);
  expect([...data]).toEqual([0, 255, 0, 128, 255, 128]);
});
