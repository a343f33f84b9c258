import type { PixelImage } from '@llmi/media';
import { describe, expect, it } from 'vitest';
import { readTilePlan } from '../src/picture-plan.js';
import { cutIntoTiles, tileText } from '../src/tiles.js';

/** What Idefics3ImageProcessor of transformers 4.57.6 (Pillow 13) makes of `pattern`; probes at 0, 17, a third, half and the end. */
const reference = [
  { picture: [100, 60], longest: 128, tile: 32, cuts: true, shape: [13, 3, 32, 32], rows: 3, columns: 4, norm: 116.74211, mean: -0.2175899, probe: [-1.0, -0.27843, -0.84314, -0.73333, -0.30196] },
  { picture: [60, 100], longest: 128, tile: 32, cuts: true, shape: [13, 3, 32, 32], rows: 4, columns: 3, norm: 115.11822, mean: -0.2264062, probe: [-1.0, -0.42745, -0.19216, -0.51373, -0.30196] },
  { picture: [33, 31], longest: 64, tile: 64, cuts: true, shape: [1, 3, 64, 64], rows: 0, columns: 0, norm: 76.39958, mean: -0.3895846, probe: [-1.0, -0.52941, -1.0, -0.88235, -0.45098] },
  { picture: [50, 20], longest: 64, tile: 64, cuts: true, shape: [1, 3, 64, 64], rows: 0, columns: 0, norm: 73.98526, mean: -0.3852252, probe: [-1.0, -0.27843, -1.0, -0.92157, -0.73333] },
  { picture: [97, 41], longest: 96, tile: 48, cuts: true, shape: [3, 3, 48, 48], rows: 1, columns: 2, norm: 84.31735, mean: -0.2391605, probe: [-1.0, -0.05882, -0.34118, 1.0, -0.23922] },
  { picture: [200, 10], longest: 128, tile: 32, cuts: true, shape: [5, 3, 32, 32], rows: 1, columns: 4, norm: 63.52193, mean: -0.1177287, probe: [-0.98431, 0.47451, -0.6, 0.93725, 0.63137] },
  { picture: [80, 60], longest: 128, tile: 32, cuts: false, shape: [1, 3, 32, 32], rows: 0, columns: 0, norm: 32.76357, mean: -0.2589103, probe: [-0.95294, -0.62353, -1.0, -0.76471, -0.08235] },
];

function pattern(width: number, height: number): PixelImage {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set([(x * 7 + y * 3) % 256, (Math.floor((x * x) / 5) + y) % 256, (x ^ y) % 256], (y * width + x) * 3);
  }
  return { width, height, channels: 3, data };
}

describe('a picture cut into squares', () => {
  it.each(reference)('$picture in squares of $tile', ({ picture: [width, height], longest, tile, cuts, shape, rows, columns, norm, mean, probe }) => {
    const plan = readTilePlan({ size: { longest_edge: longest }, max_image_size: { longest_edge: tile }, do_image_splitting: cuts }, {});
    const made = cutIntoTiles(pattern(width!, height!), plan);
    expect([made.views, 3, made.height, made.width]).toEqual(shape);
    expect([made.rows, made.columns]).toEqual([rows, columns]);
    expect(Math.sqrt(made.planes.reduce((sum, value) => sum + value * value, 0))).toBeCloseTo(norm, 3);
    expect(made.planes.reduce((sum, value) => sum + value, 0) / made.planes.length).toBeCloseTo(mean, 5);
    [0, 17, Math.floor(made.planes.length / 3), Math.floor(made.planes.length / 2), made.planes.length - 1].forEach((place, index) => expect(made.planes[place]).toBeCloseTo(probe[index]!, 4));
  });

  it('is told of in the words of Idefics3Processor', () => {
    const tokens = { image: '<I>', around: '<F>', whole: '<G>', length: 2 };
    expect(tileText({ rows: 2, columns: 3 }, tokens)).toBe('<F><row_1_col_1><I><I><F><row_1_col_2><I><I><F><row_1_col_3><I><I>\n<F><row_2_col_1><I><I><F><row_2_col_2><I><I><F><row_2_col_3><I><I>\n\n<F><G><I><I><F>');
    expect(tileText({ rows: 0, columns: 0 }, tokens)).toBe('<F><G><I><I><F>');
  });
});
