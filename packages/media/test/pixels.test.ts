import { describe, expect, it } from 'vitest';
import { blankImage, cropImage, depthColours, drawBoxes, drawMasks, imageToTensor, padImage, tensorToImage, toGrey, toRgb, withAlpha, writePlanes, type PixelImage } from '../src/index.js';

const grey = (width: number, height: number, ...data: number[]): PixelImage => ({ width, height, channels: 1, data: Uint8Array.from(data) });
const pixel = ({ width, channels, data }: PixelImage, x: number, y: number) => [...data.subarray((y * width + x) * channels, (y * width + x + 1) * channels)];

describe('cutting and filling up', () => {
  const image = grey(3, 2, 1, 2, 3, 4, 5, 6);

  it('cuts a part out, black where there is no picture', () => {
    expect([...cropImage(image, { left: 1, top: 0, width: 2, height: 2 }).data]).toEqual([2, 3, 5, 6]);
    expect([...cropImage(image, { left: -1, top: 1, width: 3, height: 2 }).data]).toEqual([0, 4, 5, 0, 0, 0]);
    expect([...cropImage(image, { left: 9, top: 0, width: 1, height: 1 }).data]).toEqual([0]);
  });

  it('fills up with a byte, or with the mirrored picture', () => {
    expect([...padImage(image, { right: 1, bottom: 1, fill: 9 }).data]).toEqual([1, 2, 3, 9, 4, 5, 6, 9, 9, 9, 9, 9]);
    expect([...padImage(image, { left: 1, right: 2, fill: 'mirror' }).data]).toEqual([1, 1, 2, 3, 3, 2, 4, 4, 5, 6, 6, 5]);
    expect([...padImage(blankImage(1, 1, 3), { right: 1, fill: [7, 8, 9] }).data]).toEqual([0, 0, 0, 7, 8, 9]);
  });
});

describe('numbers', () => {
  const rgb: PixelImage = { width: 2, height: 1, channels: 3, data: Uint8Array.of(0, 51, 255, 255, 102, 0) };

  it('makes planes of float32', () => {
    expect([...imageToTensor(rgb, { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] })]).toEqual([-1, 1, -0.6, -0.2, 1, -1].map((value) => expect.closeTo(value, 6)));
    expect([...imageToTensor(rgb, { scale: 1, bgr: true })]).toEqual([255, 0, 51, 102, 0, 255]);
  });

  it('leaves the rest of a larger plane alone', () => {
    const planes = new Float32Array(3 * 2 * 3).fill(-9);
    writePlanes(rgb, { scale: 1 }, planes, 0, 2, 3);
    expect([...planes.subarray(0, 6)]).toEqual([0, 255, -9, -9, -9, -9]);
  });

  it('comes back, rounded and cut at both ends', () => {
    expect([...tensorToImage(imageToTensor(rgb), 2, 1, 3).data]).toEqual([...rgb.data]);
    expect([...tensorToImage(Float32Array.of(-1, 2, 0.5), 3, 1, 1).data]).toEqual([0, 255, 128]);
  });

  it('is grey as Pillow makes it, and has the transparency it is given', () => {
    expect([...toGrey(rgb).data]).toEqual([59, 136]);
    expect([...toRgb(grey(1, 1, 5)).data]).toEqual([5, 5, 5]);
    expect([...withAlpha(rgb, Uint8Array.of(1, 2)).data]).toEqual([0, 51, 255, 1, 255, 102, 0, 2]);
  });
});

describe('drawing', () => {
  const black = blankImage(60, 40, 3);

  it('draws a frame and a label onto a copy', () => {
    const drawn = drawBoxes(black, [{ label: 'cat', score: 0.9, box: { xmin: 10.2, ymin: 14, xmax: 49.8, ymax: 35 } }]);
    expect(pixel(drawn, 10, 20)).not.toEqual([0, 0, 0]);
    expect(pixel(drawn, 49, 20)).toEqual(pixel(drawn, 10, 20));
    expect(pixel(drawn, 30, 25)).toEqual([0, 0, 0]);
    expect(black.data.every((byte) => byte === 0)).toBe(true);
  });

  it('keeps to the picture when a box leaves it', () => {
    const drawn = drawBoxes(black, [{ label: 'Größe 日本', box: { xmin: -50, ymin: -30, xmax: 900, ymax: 900 } }]);
    expect(drawn.data.length).toBe(black.data.length);
  });

  it('colours the inside of a mask by half, its edge fully', () => {
    const mask = blankImage(60, 40, 1);
    for (let y = 20; y < 30; y++) mask.data.fill(255, y * 60 + 20, y * 60 + 50);
    const drawn = drawMasks(black, [{ label: '', mask }]);
    expect(Math.max(...pixel(drawn, 20, 22))).toBe(255);
    expect(Math.max(...pixel(drawn, 45, 27))).toBe(128);
    expect(pixel(drawn, 5, 5)).toEqual([0, 0, 0]);
    expect(() => drawMasks(black, [{ label: 'x', mask: blankImage(1, 1, 1) }])).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }));
  });

  it('shows depth from blue to red', () => {
    const { data, channels } = depthColours(grey(3, 1, 30, 128, 240));
    expect(channels).toBe(3);
    const [low, middle, high] = [data.subarray(0, 3), data.subarray(3, 6), data.subarray(6, 9)];
    expect(low[2]).toBeGreaterThan(low[0]!);
    expect(middle[1]).toBeGreaterThan(Math.max(middle[0]!, middle[2]!));
    expect(high[0]).toBeGreaterThan(high[2]!);
  });
});
