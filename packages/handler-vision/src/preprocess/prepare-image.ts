import { cropImage, padImage, resizeImage, toGrey, writePlanes, type PixelImage } from '@llmi/media';
import type { PreprocessPlan } from './plan.js';
import { smoothSquare } from './smooth-square.js';
import type { Size } from './sizes.js';

/** A picture as a graph takes it. */
export interface PreparedImage {
  planes: Float32Array; // [channels, height, width]
  channels: number;
  width: number;
  height: number;
  /** The part of `width` x `height` that is picture, from the top left. */
  content: Size;
  /** Size of the picture that was given. */
  source: Size;
  /** The picture itself, for tasks that answer with one. */
  picture?: PixelImage;
}

/** Goes through the steps of a plan: resize, crop, fill up, numbers. */
export function prepareImage(picture: PixelImage, plan: PreprocessPlan, keepsPicture = false): PreparedImage {
  if (plan.smoothTo) return { ...smoothSquare(picture, plan.smoothTo, plan.numbers), source: { width: picture.width, height: picture.height }, ...(keepsPicture ? { picture } : {}) };
  let image = plan.grey ? toGrey(picture) : picture;
  image = resizeAndCut(image, plan);
  const content = { width: image.width, height: image.height };
  if (plan.mirrorTo) {
    const missing = (side: number) => plan.mirrorTo! - (side % plan.mirrorTo!);
    image = padImage(image, { right: missing(image.width), bottom: missing(image.height), fill: 'mirror' });
  }
  if (plan.fill?.byte !== undefined) image = padImage(image, { right: plan.fill.width - image.width, bottom: plan.fill.height - image.height, fill: plan.fill.byte });
  const { width, height } = plan.fill ?? image;
  const planes = new Float32Array(image.channels * width * height);
  writePlanes(image, plan.numbers, planes, 0, height, width);
  const source = { width: picture.width, height: picture.height };
  return { planes, channels: image.channels, width, height, content, source, ...(keepsPicture ? { picture } : {}) };
}

/** What is cut away is not computed, unless the cut sticks out of the picture. */
function resizeAndCut(image: PixelImage, { resize, crop, filter }: PreprocessPlan): PixelImage {
  const { width, height } = resize ? atLeastOne(resize(image)) : image;
  if (!crop) return resize ? resizeImage(image, { width, height, filter }) : image;
  const keep = { left: Math.floor((width - crop.width) / 2), top: Math.floor((height - crop.height) / 2), ...crop };
  if (keep.left >= 0 && keep.top >= 0) return resizeImage(image, { width, height, filter, keep });
  return cropImage(resizeImage(image, { width, height, filter }), keep);
}

function atLeastOne({ width, height }: Size): Size {
  return { width: Math.max(1, width), height: Math.max(1, height) };
}
