import type { Metadata, Sharp } from 'sharp';
import { LlmiError } from '@llmi/core';
import { fromCmyk } from './colours.js';
import { imageFormats, sniffImageFormat, type ImageFormat } from './image-format.js';
import type { PixelImage } from './pixel-image.js';
import { importSharp } from './sharp-library.js';

export interface DecodeOptions {
  /** Refuses larger pictures by their header, before any pixel is decoded. Default: Pillow's limit. */
  maxPixels?: number;
  /** Keeps transparency: the image then has four channels. Default: it is dropped, as `convert("RGB")` of Pillow does. */
  alpha?: boolean;
  /** What {@link readImageHeader} gave, where it was called before: it is then not read again. */
  header?: ImageHeader;
  /** The request field that the errors name. */
  param?: string;
  signal?: AbortSignal;
}

/** What the header of an image file says. */
export interface ImageHeader {
  format: ImageFormat;
  width: number; // as stored, before EXIF rotation
  height: number;
  isCmyk: boolean;
}

/** Twice 1 GiB / 4 / 3: where Pillow raises DecompressionBombError. 12,000 x 12,000 is below. */
export const defaultMaxPixels = 178_956_970;

/** A picture that takes longer is refused: a decoder should not hold its thread for good. */
const decodeSeconds = 60;

/**
 * RGB pixels of a PNG, JPEG, WebP, GIF, AVIF or TIFF file, turned as its EXIF orientation says.
 *
 * Equal to `ImageOps.exif_transpose(Image.open(...)).convert("RGB")` of Pillow: ICC profiles are left out of account, transparency is
 * dropped, CMYK is converted without a profile, of an animation the first picture is taken. Of 16 bits the upper 8 are kept, where
 * Pillow cuts grey at 255.
 * @throws {LlmiError} UNSUPPORTED_MEDIA_TYPE, INPUT_INVALID for a damaged file, PAYLOAD_TOO_LARGE above `maxPixels`, DEPENDENCY_MISSING
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions = {}): Promise<PixelImage> {
  const { isCmyk } = options.header ?? (await readImageHeader(bytes, options));
  options.signal?.throwIfAborted();
  const opened = (await openSharp(bytes, options)).autoOrient().timeout({ seconds: decodeSeconds });
  const { data, info } = await decoding(options.param, () => inColours(opened, isCmyk, options.alpha === true).raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true }));
  options.signal?.throwIfAborted();
  const image = { width: info.width, height: info.height, channels: options.alpha ? 4 : 3, data } as const;
  return isCmyk ? fromCmyk(image.width, image.height, data, image.channels) : image;
}

/**
 * Format and size of an image file, without decoding it.
 * @throws {LlmiError} UNSUPPORTED_MEDIA_TYPE, INPUT_INVALID, PAYLOAD_TOO_LARGE, DEPENDENCY_MISSING
 */
export async function readImageHeader(bytes: Uint8Array, { maxPixels = defaultMaxPixels, param }: DecodeOptions = {}): Promise<ImageHeader> {
  const format = sniffImageFormat(bytes);
  if (!format) {
    throw new LlmiError('UNSUPPORTED_MEDIA_TYPE', {
      message: bytes.length === 0 ? 'The image is empty.' : 'This is no image of a format that llmi reads.',
      hint: `Convert it to one of: ${imageFormats.join(', ')}.`,
      param,
    });
  }
  const { width, height, space } = await decoding(param, async (): Promise<Metadata> => (await openSharp(bytes)).metadata());
  if (width * height > maxPixels) {
    throw new LlmiError('PAYLOAD_TOO_LARGE', {
      message: `The image has ${width} x ${height} pixels; at most ${maxPixels} pixels are taken.`,
      hint: 'Make it smaller before sending it: models see far fewer pixels.',
      param,
    });
  }
  return { format, width, height, isCmyk: space === 'cmyk' };
}

/** The limit is checked by ourselves, on the header; the second one is for what a header may hide. */
async function openSharp(bytes: Uint8Array, { maxPixels }: DecodeOptions = {}): Promise<Sharp> {
  return (await importSharp())(bytes, { ignoreIcc: true, failOn: 'error', limitInputPixels: maxPixels ?? false, pages: 1 });
}

function inColours(picture: Sharp, isCmyk: boolean, alpha: boolean): Sharp {
  if (isCmyk) return picture.pipelineColourspace('cmyk').toColourspace('cmyk');
  const colours = picture.toColourspace('srgb');
  return alpha ? colours.ensureAlpha() : colours.removeAlpha();
}

async function decoding<Result>(param: string | undefined, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (LlmiError.is(cause)) throw cause;
    throw new LlmiError('INPUT_INVALID', {
      message: 'The image is damaged or incomplete.',
      hint: 'Open it in an image viewer and save it again.',
      param,
      cause,
    });
  }
}
