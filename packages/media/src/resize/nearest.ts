import { blankImage, type PixelImage } from '../pixel-image.js';
import type { ResizeBox } from './resize-image.js';

/** Each pixel of the result is the source pixel at its centre. The positions are added up as in Pillow's ImagingScaleAffine. */
export function resizeNearest(image: PixelImage, width: number, height: number, { left, top, right, bottom }: ResizeBox): PixelImage {
  const columns = positions(left, (right - left) / width, width);
  const rows = positions(top, (bottom - top) / height, height);
  const result = blankImage(width, height, image.channels);
  const { channels } = image;
  for (let y = 0; y < height; y++) {
    if (rows[y]! >= image.height) continue;
    const row = rows[y]! * image.width;
    for (let x = 0; x < width; x++) {
      if (columns[x]! >= image.width) continue;
      const [source, target] = [(row + columns[x]!) * channels, (y * width + x) * channels];
      for (let channel = 0; channel < channels; channel++) result.data[target + channel] = image.data[source + channel]!;
    }
  }
  return result;
}

function positions(start: number, scale: number, count: number): Int32Array {
  const result = new Int32Array(count);
  let position = start + scale * 0.5;
  for (let index = 0; index < count; index++, position += scale) result[index] = Math.trunc(position);
  return result;
}
