/** Formats of image files that are read. */
export const imageFormats = ['png', 'jpeg', 'webp', 'gif', 'avif', 'tiff'] as const;
export type ImageFormat = (typeof imageFormats)[number];

const ascii = (bytes: Uint8Array, start: number, end: number) => String.fromCharCode(...bytes.subarray(start, end));

/**
 * The format of an image file by its first bytes, whatever its name or media type says; undefined for any other.
 * A decoder is only asked for what was recognized here: SVG, PDF and the like would have it follow references.
 */
export function sniffImageFormat(bytes: Uint8Array): ImageFormat | undefined {
  const start = ascii(bytes, 0, 12);
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (start.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (start.startsWith('GIF87a') || start.startsWith('GIF89a')) return 'gif';
  if (start.startsWith('RIFF') && start.slice(8, 12) === 'WEBP') return 'webp';
  if (start.startsWith('II*\0') || start.startsWith('MM\0*') || start.startsWith('II+\0') || start.startsWith('MM\0+')) return 'tiff';
  if (start.slice(4, 8) === 'ftyp' && /avif|avis/.test(ascii(bytes, 8, 40))) return 'avif';
  return undefined;
}
