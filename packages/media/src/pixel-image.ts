/** A picture in memory: bytes of its rows from the top, channels side by side. */
export interface PixelImage {
  width: number;
  height: number;
  /** 1 grey, 3 RGB, 4 RGB and alpha (not premultiplied). */
  channels: 1 | 3 | 4;
  data: Uint8Array; // [height, width, channels]
}

/** A black picture, transparent where it has alpha. */
export function blankImage(width: number, height: number, channels: PixelImage['channels']): PixelImage {
  return { width, height, channels, data: new Uint8Array(width * height * channels) };
}
