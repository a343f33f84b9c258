import { blankImage, type PixelImage } from './pixel-image.js';

export interface CropBox {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** The part of an image at a box in whole pixels; what lies outside the image is black, and transparent where there is alpha. */
export function cropImage(image: PixelImage, { left, top, width, height }: CropBox): PixelImage {
  const result = blankImage(width, height, image.channels);
  const [from, to] = [Math.max(0, left), Math.min(image.width, left + width)];
  if (from >= to) return result;
  for (let y = Math.max(0, top); y < Math.min(image.height, top + height); y++) {
    const source = image.data.subarray((y * image.width + from) * image.channels, (y * image.width + to) * image.channels);
    result.data.set(source, ((y - top) * width + from - left) * image.channels);
  }
  return result;
}

export interface Padding {
  left?: number;
  top?: number;
  right?: number;
  bottom?: number;
  /** One value for each channel, or one for all; default 0. `mirror` repeats the picture's edge backwards, the outermost pixel too. */
  fill?: number | readonly number[] | 'mirror';
}

/** The image with a margin around it. */
export function padImage(image: PixelImage, { left = 0, top = 0, right = 0, bottom = 0, fill = 0 }: Padding): PixelImage {
  const { channels } = image;
  const result = blankImage(image.width + left + right, image.height + top + bottom, channels);
  for (let y = 0; y < result.height; y++) {
    for (let x = 0; x < result.width; x++) {
      const [column, row] = [x - left, y - top];
      const inside = column >= 0 && column < image.width && row >= 0 && row < image.height;
      const target = (y * result.width + x) * channels;
      const source = inside || fill === 'mirror' ? (mirrored(row, image.height) * image.width + mirrored(column, image.width)) * channels : -1;
      for (let channel = 0; channel < channels; channel++) {
        result.data[target + channel] = source >= 0 ? image.data[source + channel]! : typeof fill === 'number' ? fill : (fill as readonly number[])[channel]!;
      }
    }
  }
  return result;
}

/** ... 1 0 | 0 1 2 | 2 1 ...: the position inside that a position outside shows. */
function mirrored(position: number, size: number): number {
  const around = ((position % (2 * size)) + 2 * size) % (2 * size);
  return around < size ? around : 2 * size - 1 - around;
}
