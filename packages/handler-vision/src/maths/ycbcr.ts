import type { PixelImage } from '@llmi/media';

/** Brightness and two differences of colour, as JPEG has them. Source: ITU-T T.871, section 7 */
export function toYcbcr(image: PixelImage): PixelImage {
  return mapPixels(image, (red, green, blue) => [
    0.299 * red + 0.587 * green + 0.114 * blue,
    -0.168736 * red - 0.331264 * green + 0.5 * blue + 128,
    0.5 * red - 0.418688 * green - 0.081312 * blue + 128,
  ]);
}

export function fromYcbcr(image: PixelImage): PixelImage {
  return mapPixels(image, (luma, cb, cr) => [luma + 1.402 * (cr - 128), luma - 0.344136 * (cb - 128) - 0.714136 * (cr - 128), luma + 1.772 * (cb - 128)]);
}

function mapPixels(image: PixelImage, convert: (first: number, second: number, third: number) => [number, number, number]): PixelImage {
  const data = new Uint8ClampedArray(image.data.length); // rounds, and cuts at both ends
  for (let at = 0; at < data.length; at += 3) data.set(convert(image.data[at]!, image.data[at + 1]!, image.data[at + 2]!), at);
  return { ...image, data: new Uint8Array(data.buffer) };
}
