import { blankImage, type PixelImage } from '@llmi/media';
import type { Corners, Point } from './rectangle.js';

/** What is this many times as high as it is wide is a line that runs from top to bottom. */
const uprightRatio = 1.5;
/** Of the cubic kernel, as OpenCV has it. */
const slope = -0.75;
const subpixels = 32; // OpenCV's warps know places to a 32nd of a pixel

/** The part of a picture between four corners as an upright one; what runs from top to bottom is laid down. Source: `get_rotate_crop_image` of PaddleOCR */
export function cropLine(picture: PixelImage, corners: Corners): PixelImage {
  const [upperLeft, upperRight, lowerRight, lowerLeft] = corners;
  const width = Math.max(1, Math.trunc(Math.max(distance(upperLeft, upperRight), distance(lowerRight, lowerLeft))));
  const height = Math.max(1, Math.trunc(Math.max(distance(upperLeft, lowerLeft), distance(upperRight, lowerRight))));
  const line = blankImage(width, height, 3);
  const place = perspective(corners, width, height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) writeCubic(picture, place(x, y), line.data, (y * width + x) * 3);
  return height / width >= uprightRatio ? turnLeft(line) : line;
}

const distance = (from: Point, to: Point) => Math.hypot(from[0] - to[0], from[1] - to[1]);

/**
 * Where in the picture a place of the line lies: the perspective that takes the corners of the line to those given.
 * Source: Heckbert, Fundamentals of Texture Mapping and Image Warping (1989), section 2.2.3
 */
function perspective([[x0, y0], [x1, y1], [x2, y2], [x3, y3]]: Corners, width: number, height: number): (x: number, y: number) => Point {
  const [dx1, dx2, dx3] = [x1 - x2, x3 - x2, x0 - x1 + x2 - x3];
  const [dy1, dy2, dy3] = [y1 - y2, y3 - y2, y0 - y1 + y2 - y3];
  const determinant = dx1 * dy2 - dx2 * dy1 || 1;
  const g = (dx3 * dy2 - dx2 * dy3) / determinant;
  const h = (dx1 * dy3 - dx3 * dy1) / determinant;
  return (x, y) => {
    const [u, v] = [x / width, y / height];
    const depth = g * u + h * v + 1;
    return [((x1 - x0 + g * x1) * u + (x3 - x0 + h * x3) * v + x0) / depth, ((y1 - y0 + g * y1) * u + (y3 - y0 + h * y3) * v + y0) / depth];
  };
}

/** The colour at a place between pixels; beyond the edge it goes on as at the edge. */
function writeCubic({ width, height, data }: PixelImage, [x, y]: Point, target: Uint8Array, at: number): void {
  const [placeX, placeY] = [Math.round(x * subpixels) / subpixels, Math.round(y * subpixels) / subpixels];
  const [left, top] = [Math.floor(placeX), Math.floor(placeY)];
  const [across, down] = [cubicWeights(placeX - left), cubicWeights(placeY - top)];
  for (let channel = 0; channel < 3; channel++) {
    let sum = 0;
    for (let row = 0; row < 4; row++) {
      const line = Math.min(height - 1, Math.max(0, top - 1 + row)) * width;
      let inRow = 0;
      for (let column = 0; column < 4; column++) inRow += data[(line + Math.min(width - 1, Math.max(0, left - 1 + column))) * 3 + channel]! * across[column]!;
      sum += inRow * down[row]!;
    }
    target[at + channel] = Math.min(255, Math.max(0, Math.round(sum)));
  }
}

function cubicWeights(fraction: number): [number, number, number, number] {
  const near = (x: number) => ((slope + 2) * x - (slope + 3)) * x * x + 1;
  const far = (x: number) => ((slope * x - 5 * slope) * x + 8 * slope) * x - 4 * slope;
  return [far(fraction + 1), near(fraction), near(1 - fraction), far(2 - fraction)];
}

function turnLeft({ width, height, channels, data }: PixelImage): PixelImage {
  const turned = blankImage(height, width, channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * channels;
      turned.data.set(data.subarray(from, from + channels), ((width - 1 - x) * height + y) * channels);
    }
  }
  return turned;
}

/** By 180 degrees. */
export function turnOver({ width, height, channels, data }: PixelImage): PixelImage {
  const turned = blankImage(width, height, channels);
  for (let from = 0, to = data.length - channels; from < data.length; from += channels, to -= channels) turned.data.set(data.subarray(from, from + channels), to);
  return turned;
}
