import { imageToTensor, resizeImage, toGrey, toRgb, type PixelImage } from '@llmi/media';
import type { Tensor } from '../components/tensor.js';

/** Width and height in pixels. */
export interface PictureSize {
  width: number;
  height: number;
}

const resized = (image: PixelImage, { width, height }: PictureSize) => resizeImage(image, { width, height, filter: 'lanczos' });

/** A picture as the VAE encoder takes it: [1, 3, height, width], from -1 to 1. Source: VaeImageProcessor.preprocess of diffusers. */
export function prepareImage(image: PixelImage, size: PictureSize): Tensor {
  const { data } = prepareControl(image, size);
  for (let index = 0; index < data.length; index++) data[index] = 2 * data[index]! - 1;
  return { data, shape: [1, 3, size.height, size.width] };
}

/** A picture as a ControlNet takes it: [1, 3, height, width], from 0 to 1. */
export function prepareControl(image: PixelImage, size: PictureSize): Tensor {
  return { data: imageToTensor(toRgb(resized(image, size))), shape: [1, 3, size.height, size.width] };
}

/** A mask: [1, 1, height, width], 1 where it is to be painted and 0 where the picture stays. */
export function prepareMask(mask: PixelImage, size: PictureSize): Tensor {
  const data = imageToTensor(toGrey(resized(mask, size)));
  for (let index = 0; index < data.length; index++) data[index] = data[index]! < 0.5 ? 0 : 1;
  return { data, shape: [1, 1, size.height, size.width] };
}

/** The picture, grey where the mask says that it is painted anew. Shapes: [1, 3, height, width] and [1, 1, height, width]. */
export function maskImage(image: Tensor, mask: Tensor): Tensor {
  const pixels = mask.data.length;
  return { data: image.data.map((value, index) => (mask.data[index % pixels]! < 0.5 ? value : 0)), shape: image.shape };
}

/** A mask [1, 1, height, width] at the size of the latents, as torch's nearest interpolation picks its values. */
export function shrinkMask({ data, shape }: Tensor, height: number, width: number): Tensor {
  const [, , rows, columns] = shape as [number, number, number, number];
  const result = new Float32Array(height * width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) result[y * width + x] = data[Math.floor((y * rows) / height) * columns + Math.floor((x * columns) / width)]!;
  }
  return { data: result, shape: [1, 1, height, width] };
}
