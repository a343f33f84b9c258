import { LlmiError } from '@llmi/core';
import { imageToTensor, resizeImage, toRgb, type PixelImage } from '@llmi/media';
import type { PicturePlan } from './picture-plan.js';
import type { PreparedPicture } from './prepared-picture.js';

/** How a picture of any size is cut into patches, which the tower sees in one row. */
export interface PatchPlan extends Pick<PicturePlan, 'filter' | 'scale' | 'mean' | 'std'> {
  /** Side of a patch in pixels. */
  patch: number;
  /** Patches along each side that become one position. */
  merge: number;
  /** Frames in a patch: a picture is as many alike. */
  frames: number;
  /** Fewest and most pixels that a picture is brought to; undefined leaves its size. */
  pixels: { least: number; most: number } | undefined;
}

/** A picture longer than this many times its other side is no picture. */
const mostRatio = 200;

/**
 * [patches, channels x frames x patch x patch], patches that are merged one after the other. Source: Qwen2VLImageProcessor of
 * transformers 4.57
 * @throws {LlmiError} INPUT_INVALID for a picture that is nearly a line
 */
export function cutIntoPatches(picture: PixelImage, plan: PatchPlan): PreparedPicture {
  const { patch, merge, frames, filter, scale, mean, std } = plan;
  const { width, height } = plan.pixels ? fitPatches(picture, patch * merge, plan.pixels) : picture;
  const colour = toRgb(picture);
  const image = width === colour.width && height === colour.height ? colour : resizeImage(colour, { width, height, filter });
  const plane = imageToTensor(image, { scale, mean, std });
  const [rows, columns] = [Math.floor(height / patch), Math.floor(width / patch)];
  const planes = new Float32Array(rows * columns * 3 * frames * patch * patch);
  let at = 0;
  for (let row = 0; row < rows; row += merge) {
    for (let column = 0; column < columns; column += merge) {
      for (let part = 0; part < merge * merge; part++) {
        const [top, left] = [(row + Math.floor(part / merge)) * patch, (column + (part % merge)) * patch];
        for (let channel = 0; channel < 3; channel++) {
          const start = at;
          for (let y = 0; y < patch; y++, at += patch) {
            const from = (channel * height + top + y) * width + left;
            planes.set(plane.subarray(from, from + patch), at);
          }
          for (let frame = 1; frame < frames; frame++, at += patch * patch) planes.copyWithin(at, start, start + patch * patch);
        }
      }
    }
  }
  return { planes, views: 1, width, height, rows: 0, columns: 0, grid: [1, rows, columns] };
}

/** Multiples of a merged patch that keep the shape, within the limits. Source: `smart_resize` */
export function fitPatches({ width, height }: { width: number; height: number }, factor: number, { least, most }: { least: number; most: number }): { width: number; height: number } {
  if (Math.max(width, height) / Math.min(width, height) > mostRatio) {
    throw new LlmiError('INPUT_INVALID', { message: `A picture of ${width} by ${height} pixels is nearly a line.`, hint: `One side can be ${mostRatio} times the other at most.`, param: 'images' });
  }
  const fit = (toWhole: (value: number) => number, share = 1) => ({ width: toWhole((width * share) / factor) * factor, height: toWhole((height * share) / factor) * factor });
  const near = fit(roundHalfEven);
  if (near.width * near.height > most) {
    const smaller = fit(Math.floor, 1 / Math.sqrt((height * width) / most));
    return { width: Math.max(factor, smaller.width), height: Math.max(factor, smaller.height) };
  }
  return near.width * near.height < least ? fit(Math.ceil, Math.sqrt(least / (height * width))) : near;
}

/** As Python rounds. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value);
}
