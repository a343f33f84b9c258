import { blankImage, type PixelImage } from './pixel-image.js';

/** Alpha and all: `round(left * right / 255)`. Source: MULDIV255 of Pillow. */
export function multiply255(left: number, right: number): number {
  const product = left * right + 128;
  return ((product >> 8) + product) >> 8;
}

/** CMYK to RGB without a profile: every ink takes light away. Source: cmyk2rgb of Pillow. */
export function fromCmyk(width: number, height: number, inks: Uint8Array, channels: 3 | 4): PixelImage {
  const image = blankImage(width, height, channels);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const light = 255 - inks[pixel * 4 + 3]!;
    for (let channel = 0; channel < 3; channel++) image.data[pixel * channels + channel] = multiply255(255 - inks[pixel * 4 + channel]!, light);
    if (channels === 4) image.data[pixel * 4 + 3] = 255;
  }
  return image;
}

/** Brightness by ITU-R 601-2, in 16-bit fixed point. Source: `convert("L")` of Pillow. */
export function toGrey(image: PixelImage): PixelImage {
  if (image.channels === 1) return image;
  const grey = blankImage(image.width, image.height, 1);
  const { data, channels } = image;
  for (let pixel = 0, at = 0; pixel < grey.data.length; pixel++, at += channels) {
    grey.data[pixel] = (data[at]! * 19595 + data[at + 1]! * 38470 + data[at + 2]! * 7471 + 0x8000) >> 16;
  }
  return grey;
}

/** Three channels: grey repeated, transparency dropped. The image itself where it is RGB. */
export function toRgb(image: PixelImage): PixelImage {
  const { data, channels } = image;
  if (channels === 3) return image;
  const rgb = blankImage(image.width, image.height, 3);
  for (let pixel = 0; pixel < image.width * image.height; pixel++) {
    for (let channel = 0; channel < 3; channel++) rgb.data[pixel * 3 + channel] = data[pixel * channels + (channels === 1 ? 0 : channel)]!;
  }
  return rgb;
}

/** The image with `alpha` (one byte per pixel) as its transparency. */
export function withAlpha(image: PixelImage, alpha: Uint8Array): PixelImage {
  const { data } = toRgb(image);
  const result = blankImage(image.width, image.height, 4);
  for (let pixel = 0; pixel < alpha.length; pixel++) {
    result.data.set(data.subarray(pixel * 3, pixel * 3 + 3), pixel * 4);
    result.data[pixel * 4 + 3] = alpha[pixel]!;
  }
  return result;
}
