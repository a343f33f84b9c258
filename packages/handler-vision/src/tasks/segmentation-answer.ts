import { drawMasks, encodeImage, type PixelImage } from '@llmi/media';
import type { PreparedImage } from '../preprocess/prepare-image.js';
import { base64 } from './base64.js';
import type { ImageAnswer, VisionOptions } from './vision-task.js';

/** A region, not yet a file. */
export interface Segment {
  label: string;
  score: number | null;
  mask: PixelImage; // one channel, as large as the picture
}

/** White where the map has `id`. */
export function maskOf(map: ArrayLike<number>, id: number, { source }: PreparedImage): PixelImage {
  return { ...source, channels: 1, data: Uint8Array.from(map, (value) => (value === id ? 255 : 0)) };
}

/** `drawn`: how many of the segments are drawn; the others lie on top of each other. */
export async function segmentationAnswer(segments: Segment[], { picture }: PreparedImage, { drawing, threshold }: VisionOptions, drawn = Infinity): Promise<ImageAnswer> {
  const kept = segments.filter(({ score }) => score === null || score >= (threshold ?? 0));
  const answer = await Promise.all(kept.map(async ({ label, score, mask }) => ({ label, score, mask: base64(await encodeImage(mask)) })));
  if (!drawing || !picture) return { type: 'segmentation', segments: answer };
  return { type: 'segmentation', segments: answer, drawing: base64(await encodeImage(drawMasks(picture, kept.slice(0, drawn)), { format: drawing })) };
}
