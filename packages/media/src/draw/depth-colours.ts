import { toGrey } from '../colours.js';
import { blankImage, type PixelImage } from '../pixel-image.js';

/**
 * Polynomials of the Turbo colour map, from blue (0) over green to red (1): constant to fifth power, for red, green and blue.
 * Source: A. Mikhailov, "Turbo, An Improved Rainbow Colormap for Visualization", 2019 (approximation by R. Du; Apache-2.0).
 */
const turbo = [
  [0.13572138, 4.6153926, -42.66032258, 132.13108234, -152.94239396, 59.28637943],
  [0.09140261, 2.19418839, 4.84296658, -14.18503333, 4.27729857, 2.82956604],
  [0.1066733, 12.64194608, -60.58204836, 110.36276771, -89.90310912, 27.34824973],
];

/** A grey depth picture in colours that a person can tell apart: bright (near, for most models) is red, dark is blue. */
export function depthColours(depth: PixelImage): PixelImage {
  const table = Array.from({ length: 256 }, (_, byte) => turbo.map((powers) => Math.round(255 * Math.min(1, Math.max(0, polynomial(powers, byte / 255))))));
  const grey = toGrey(depth);
  const image = blankImage(grey.width, grey.height, 3);
  grey.data.forEach((byte, pixel) => image.data.set(table[byte]!, pixel * 3));
  return image;
}

function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0);
}
