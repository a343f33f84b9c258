import { LlmiError } from '@llmi/core';
import type { PixelImage } from '../pixel-image.js';
import { Canvas, type Colour } from './canvas.js';
import { labelColours } from './palette.js';

export interface LabelledMask {
  label: string;
  /** One channel, as large as the picture: 0 outside, 255 inside. */
  mask: PixelImage;
}

const opacity = 0.5;

/** A copy of the picture with each segment in a colour of its own, its outline, and its label in the middle. */
export function drawMasks(picture: PixelImage, segments: readonly LabelledMask[]): PixelImage {
  const canvas = new Canvas(picture);
  const colours = labelColours(segments.map(({ label }, index) => `${label} ${index}`));
  const places = segments.map(({ label, mask }, index) => {
    if (mask.channels !== 1 || mask.width !== picture.width || mask.height !== picture.height) {
      throw new LlmiError('INPUT_INVALID', { message: `The mask of "${label}" is not as large as the picture.`, hint: 'Give masks of one channel, of the size of the picture.' });
    }
    return paintMask(canvas, mask, colours.get(`${label} ${index}`)!);
  });
  for (const [index, { label }] of segments.entries()) {
    const place = places[index];
    if (place) canvas.write(label, place.x - label.length * 3 * canvas.letterScale, place.y - canvas.textHeight / 2, colours.get(`${label} ${index}`)!);
  }
  return canvas.image;
}

/** Gives back the middle of the mask: the middle of its longest run in the row that halves it. Undefined for an empty one. */
function paintMask(canvas: Canvas, { width, height, data }: PixelImage, colour: Colour): { x: number; y: number } | undefined {
  const inside = (x: number, y: number) => x >= 0 && y >= 0 && x < width && y < height && data[y * width + x]! > 127;
  const rows = new Int32Array(height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!inside(x, y)) continue;
      rows[y]!++;
      const isEdge = !inside(x - 1, y) || !inside(x + 1, y) || !inside(x, y - 1) || !inside(x, y + 1);
      canvas.blend(x, y, colour, isEdge ? 1 : opacity);
    }
  }
  const total = rows.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let [y, above] = [0, 0];
  while (above + rows[y]! < total / 2) above += rows[y++]!;
  return { x: middleOfLongestRun(width, (x) => inside(x, y)), y };
}

function middleOfLongestRun(width: number, inside: (x: number) => boolean): number {
  let [best, bestLength, length] = [0, 0, 0];
  for (let x = 0; x <= width; x++) {
    if (x < width && inside(x)) length++;
    else {
      if (length > bestLength) [best, bestLength] = [x - length / 2, length];
      length = 0;
    }
  }
  return best;
}
