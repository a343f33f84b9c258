import type { PixelImage } from './pixel-image.js';
import { importSharp } from './sharp-library.js';

export interface EncodeOptions {
  format?: 'png' | 'jpeg' | 'webp'; // default png
  /** 1 to 100, for jpeg and webp; default 90. */
  quality?: number;
}

/** The bytes of an image file. PNG is exact; grey stays grey. */
export async function encodeImage({ width, height, channels, data }: PixelImage, { format = 'png', quality = 90 }: EncodeOptions = {}): Promise<Uint8Array> {
  const sharp = await importSharp();
  const picture = sharp(data, { raw: { width, height, channels }, limitInputPixels: false });
  const inColours = channels === 1 ? picture.toColourspace('b-w') : picture;
  if (format === 'png') return inColours.png({ compressionLevel: 6 }).toBuffer();
  return (format === 'jpeg' ? inColours.jpeg({ quality }) : inColours.webp({ quality })).toBuffer();
}
