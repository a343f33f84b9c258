import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cropImage, resizeImage, type PixelImage, type ResizeFilter } from '../src/index.js';

interface Case {
  size: [number, number];
  out: [number, number];
  channels: PixelImage['channels'];
  filter: ResizeFilter;
  box?: [number, number, number, number];
  first: number[];
  sha256: string;
}

const { cases } = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures', 'resize.json'), 'utf8')) as { cases: Case[] };

/** Noise: the upper 8 bits of a linear congruential generator (Numerical Recipes). */
function picture(width: number, height: number, channels: PixelImage['channels']): PixelImage {
  let state = 12345;
  const data = Uint8Array.from({ length: width * height * channels }, () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 24);
  return { width, height, channels, data };
}

describe('resizeImage', () => {
  it.each(cases.map((expected) => [`${expected.filter} ${expected.size.join('x')} to ${expected.out.join('x')}, ${expected.channels} channels${expected.box ? ` of ${expected.box.join()}` : ''}`, expected] as const))(
    'gives the bytes of Pillow: %s',
    (_, { size, out, channels, filter, box, first, sha256 }) => {
      const part = box && { left: box[0], top: box[1], right: box[2], bottom: box[3] };
      const { data, width, height } = resizeImage(picture(...size, channels), { width: out[0], height: out[1], filter, box: part });
      expect([width, height, data.length]).toEqual([...out, out[0] * out[1] * channels]);
      expect([...data.subarray(0, 6)]).toEqual(first);
      expect(createHash('sha256').update(data).digest('hex')).toBe(sha256);
    },
  );

  it.each(['nearest', 'bilinear', 'lanczos'] as const)('gives a part as if it were cut out afterwards: %s', (filter) => {
    const keep = { left: 5, top: 3, width: 11, height: 20 };
    for (const [size, out] of [[[57, 43], [32, 32]], [[57, 43], [57, 43]], [[57, 43], [57, 30]], [[31, 200], [30, 40]]] as [number, number][][]) {
      for (const channels of [1, 3, 4] as const) {
        const [image, options] = [picture(...size!, channels), { width: out![0], height: out![1], filter }];
        expect(resizeImage(image, { ...options, keep })).toEqual(cropImage(resizeImage(image, options), keep));
      }
    }
  });

  it('leaves the original alone, at its own size too', () => {
    const image = picture(3, 2, 3);
    const copy = resizeImage(image, { width: 3, height: 2 });
    expect(copy).toEqual(image);
    expect(copy.data).not.toBe(image.data);
  });
});
