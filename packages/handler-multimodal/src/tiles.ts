import { cropImage, imageToTensor, resizeImage, toRgb, type PixelImage } from '@llmi/media';
import type { PicturePlan } from './picture-plan.js';
import type { PreparedPicture } from './prepared-picture.js';

/** How a picture is cut into squares that the tower sees one by one. */
export interface TilePlan extends Pick<PicturePlan, 'filter' | 'scale' | 'mean' | 'std'> {
  /** Long side that a picture is brought to, in pixels; undefined leaves it. */
  longest: number | undefined;
  /** Side of a square. */
  tile: number;
  cuts: boolean;
}

/** Source: MAX_IMAGE_SIZE of Idefics3ImageProcessor */
const mostPixels = 4096;

/**
 * Cuts a picture into squares, row by row, with the whole in small after them; one that fits into a square is left whole.
 * Source: Idefics3ImageProcessor and SmolVLMImageProcessor of transformers 4.57
 */
export function cutIntoTiles(picture: PixelImage, plan: TilePlan): PreparedPicture {
  const { tile, filter, longest } = plan;
  const colour = toRgb(picture);
  const large = longest === undefined ? colour : resized(colour, belowLimit(fitLongest(colour, longest)), plan);
  if (!plan.cuts) return prepared([resized(large, { width: tile, height: tile }, plan)], 0, 0, plan);
  const whole = resized(large, toMultiples(large, tile), plan);
  if (whole.width <= tile && whole.height <= tile) return prepared([whole], 0, 0, plan);
  const [rows, columns] = [Math.ceil(whole.height / tile), Math.ceil(whole.width / tile)];
  const [height, width] = [Math.ceil(whole.height / rows), Math.ceil(whole.width / columns)];
  const views = Array.from({ length: rows * columns }, (_, index) => cropImage(whole, { left: (index % columns) * width, top: Math.floor(index / columns) * height, width, height }));
  return prepared([...views, resizeImage(whole, { width: tile, height: tile, filter })], rows, columns, plan);
}

interface Size {
  width: number;
  height: number;
}

function fitLongest({ width, height }: Size, longest: number): Size {
  const ratio = width / height;
  const even = (length: number) => (length % 2 === 0 ? length : length + 1);
  return width >= height ? { width: longest, height: Math.max(1, even(Math.trunc(longest / ratio))) } : { width: Math.max(1, even(Math.trunc(longest * ratio))), height: longest };
}

function belowLimit({ width, height }: Size): Size {
  const ratio = width / height;
  if (width >= height && width > mostPixels) return { width: mostPixels, height: Math.max(1, Math.trunc(mostPixels / ratio)) };
  if (height > width && height > mostPixels) return { width: Math.max(1, Math.trunc(mostPixels * ratio)), height: mostPixels };
  return { width, height };
}

/** Both sides as multiples of a square's, the long one first. */
function toMultiples({ width, height }: Size, tile: number): Size {
  const ratio = width / height;
  const up = (length: number) => Math.ceil(length / tile) * tile;
  return width >= height ? { width: up(width), height: up(Math.trunc(up(width) / ratio)) } : { width: up(Math.trunc(up(height) * ratio)), height: up(height) };
}

function resized(image: PixelImage, { width, height }: Size, { filter }: TilePlan): PixelImage {
  return image.width === width && image.height === height ? image : resizeImage(image, { width, height, filter });
}

function prepared(views: PixelImage[], rows: number, columns: number, { scale, mean, std }: TilePlan): PreparedPicture {
  const { width, height } = views[0]!;
  const size = 3 * width * height;
  const planes = new Float32Array(views.length * size);
  views.forEach((view, index) => planes.set(imageToTensor(view, { scale, mean, std }), index * size));
  return { planes, views: views.length, width, height, rows, columns };
}

/** What the tokens of a picture are around: each square's place, and the whole. Source: Idefics3Processor */
export function tileText({ rows, columns }: Pick<PreparedPicture, 'rows' | 'columns'>, { image, around, whole, length }: TileTokens): string {
  const view = image.repeat(length);
  const squares = Array.from({ length: rows }, (_, row) => `${Array.from({ length: columns }, (__, column) => `${around}<row_${row + 1}_col_${column + 1}>${view}`).join('')}\n`).join('');
  return `${squares}${squares === '' ? '' : '\n'}${around}${whole}${view}${around}`;
}

export interface TileTokens {
  image: string;
  around: string;
  whole: string;
  /** Positions of one view. */
  length: number;
}
