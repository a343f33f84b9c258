import { LlmiError } from '@llmi/core';
import type { PixelImage } from './pixel-image.js';
import { importSharp } from './sharp-library.js';

export interface AnimationOptions {
  format: 'gif' | 'webp';
  framesPerSecond: number;
  /** 1 to 100, for webp; default 90. */
  quality?: number;
}

/** The bytes of an animation that goes round and round. GIF counts time in hundredths of a second, and rounds to them. */
export async function encodeAnimation(frames: readonly PixelImage[], { format, framesPerSecond, quality = 90 }: AnimationOptions): Promise<Uint8Array> {
  const [first] = frames;
  if (!first || frames.some(({ width, height, channels }) => width !== first.width || height !== first.height || channels !== first.channels)) {
    throw new LlmiError('INPUT_INVALID', { message: 'The frames of an animation must be there, and have one size.', hint: 'Resize them before.' });
  }
  const { width, height, channels } = first;
  const frameBytes = width * height * channels;
  const data = new Uint8Array(frames.length * frameBytes);
  frames.forEach((frame, index) => data.set(frame.data, index * frameBytes));
  const raw = { width, height: height * frames.length, channels, pageHeight: height };
  const picture = (await importSharp())(data, { raw, limitInputPixels: false });
  const timing = { delay: frames.map(() => Math.round(1000 / framesPerSecond)), loop: 0 };
  return (format === 'gif' ? picture.gif(timing) : picture.webp({ quality, ...timing })).toBuffer();
}
