import { drawBoxes, encodeImage } from '@llmi/media';
import type { DetectedObject } from '../maths/boxes.js';
import type { PreparedImage } from '../preprocess/prepare-image.js';
import { base64 } from './base64.js';
import type { ImageAnswer, VisionOptions } from './vision-task.js';

/** Source: `ObjectDetectionPipeline` of transformers. */
export const defaultThreshold = 0.5;

export async function detectionAnswer(objects: DetectedObject[], { picture }: PreparedImage, { drawing }: VisionOptions): Promise<ImageAnswer> {
  if (!drawing || !picture) return { type: 'detection', objects };
  return { type: 'detection', objects, drawing: base64(await encodeImage(drawBoxes(picture, objects), { format: drawing })) };
}
