import { blankImage, type PixelImage } from '@llmi/media';

/** Planes [3, height, width] from -1 to 1, as a VAE decodes them, as a picture. Source: VaeImageProcessor.postprocess of diffusers. */
export function finishImage(planes: Float32Array, width: number, height: number): PixelImage {
  const image = blankImage(width, height, 3);
  const pixels = width * height;
  const { data } = image;
  for (let pixel = 0, at = 0; pixel < pixels; pixel++, at += 3) {
    data[at] = byteOf(planes[pixel]!);
    data[at + 1] = byteOf(planes[pixels + pixel]!);
    data[at + 2] = byteOf(planes[2 * pixels + pixel]!);
  }
  return image;
}

/** 127.5 x + 127.5, rounded and cut at both ends. */
function byteOf(value: number): number {
  const byte = value * 127.5 + 128;
  return byte <= 0 ? 0 : byte >= 255 ? 255 : byte; // storing it in a byte leaves out the fraction
}
