import type { PixelImage } from '@llmi/media';

/** A picture of noise: the upper 8 bits of a linear congruential generator (Numerical Recipes), as the scripts in fixtures/ make it. */
export function noise(width: number, height: number): PixelImage {
  let state = 12345;
  const data = Uint8Array.from({ length: width * height * 3 }, () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 24);
  return { width, height, channels: 3, data };
}
