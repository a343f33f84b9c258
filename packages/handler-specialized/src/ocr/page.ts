import { padImage, type PixelImage } from '@llmi/media';
import type { Corners, Point } from './rectangle.js';
import { resizeLinear } from './resize-linear.js';

/** Sides of a page as it is read, in pixels. */
const shortestSide = 30;
const longestSide = 2000;
/** A picture that is lower, or wider for its height, is a strip: it gets room above and below. */
const stripHeight = 30;
const stripRatio = 8;
const multiple = 32; // what detectors divide a side by, down to their smallest map

/** A picture in the size it is read in, and the way back to the pixels it had. */
export interface Page {
  picture: PixelImage;
  toOriginal(corners: Corners): Corners;
}

/** Source: RapidOCR 3 (`preprocess` and `maybe_add_letterbox`) */
export function preparePage(original: PixelImage): Page {
  const sized = withSides(original);
  const above = roomAbove(sized);
  const picture = above === 0 ? sized : padImage(sized, { left: 0, right: 0, top: above, bottom: above });
  const [across, down] = [original.width / sized.width, original.height / sized.height];
  const place = ([x, y]: Point): Point => [within(x * across, original.width), within((y - above) * down, original.height)];
  return { picture, toOriginal: (corners) => corners.map(place) as unknown as Corners };
}

const within = (value: number, most: number) => Math.min(most, Math.max(0, value));

/** A side as detectors take it: a multiple of 32, halves to the even one. */
export function wholeSide(length: number): number {
  const times = length / multiple;
  const nearest = Math.abs((times % 1) - 0.5) < 1e-9 ? 2 * Math.round(times / 2) : Math.round(times);
  return Math.max(1, nearest) * multiple;
}

function withSides(picture: PixelImage): PixelImage {
  const long = Math.max(picture.width, picture.height);
  const shrunk = long > longestSide ? scaled(picture, longestSide / long) : picture;
  const short = Math.min(shrunk.width, shrunk.height);
  return short < shortestSide ? scaled(shrunk, shortestSide / short) : shrunk;
}

function scaled(picture: PixelImage, ratio: number): PixelImage {
  return resizeLinear(picture, wholeSide(Math.trunc(picture.width * ratio)), wholeSide(Math.trunc(picture.height * ratio)));
}

function roomAbove({ width, height }: PixelImage): number {
  if (height > stripHeight && width / height <= stripRatio) return 0;
  return Math.trunc(Math.abs(2 * Math.max(Math.trunc(width / stripRatio), stripHeight) - height) / 2);
}
