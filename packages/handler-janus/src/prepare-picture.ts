import { imageToTensor, padImage, resizeImage, toRgb, type PixelImage } from '@llmi/media';
import type { PictureConfig } from './janus-config.js';

/** [3, size, size] */
export type PicturePlanes = Float32Array;

/**
 * A picture as the model looks at it: its long side fitted, the rest filled with the background, then normalized.
 * Source: VLMImageProcessor of https://github.com/deepseek-ai/Janus/blob/main/janus/models/image_processing_vlm.py
 */
export function preparePicture(picture: PixelImage, { size, minSize, background, scale, mean, std }: PictureConfig): PicturePlanes {
  const colour = toRgb(picture);
  const longest = Math.max(colour.width, colour.height);
  const fitted = (length: number) => Math.max(Math.trunc((length / longest) * size), minSize);
  const [width, height] = [fitted(colour.width), fitted(colour.height)];
  const small = colour.width === width && colour.height === height ? colour : resizeImage(colour, { width, height, filter: 'bicubic' });
  const side = Math.max(width, height);
  const [left, top] = [Math.floor((side - width) / 2), Math.floor((side - height) / 2)];
  const square = padImage(small, { left, top, right: side - width - left, bottom: side - height - top, fill: background });
  return imageToTensor(square, { scale, mean, std });
}
