import { importMedia } from '../media-library.js';
import type { ImagePlan } from './image-plan.js';

/** A picture as a graph takes it. */
export interface PreparedImage {
  planes: Float32Array; // [3, height, width]
  width: number;
  height: number;
}

/**
 * A picture of a request (base64 or a data URL) to the numbers that Pillow and transformers make of it.
 * @throws {LlmiError} INPUT_INVALID, UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, each naming the picture; DEPENDENCY_MISSING
 */
export async function prepareImage(image: string, plan: ImagePlan, param: string, signal?: AbortSignal): Promise<PreparedImage> {
  const { bytesOfBase64, cropImage, decodeImage, imageToTensor, resizeImage } = await importMedia();
  let picture = await decodeImage(bytesOfBase64(image, param), { param, signal });
  if (plan.resize) picture = resizeImage(picture, { ...resizedTo(plan.resize, picture), filter: plan.filter });
  if (plan.crop) {
    const { width, height } = plan.crop;
    picture = cropImage(picture, { left: Math.floor((picture.width - width) / 2), top: Math.floor((picture.height - height) / 2), width, height });
  }
  return { planes: imageToTensor(picture, plan.numbers), width: picture.width, height: picture.height };
}

/** Source: get_resize_output_image_size of transformers, image_transforms.py: the longer side is cut to whole pixels. */
function resizedTo(resize: NonNullable<ImagePlan['resize']>, { width, height }: { width: number; height: number }): { width: number; height: number } {
  if (!('shortestEdge' in resize)) return resize;
  const edge = resize.shortestEdge;
  const longer = Math.max(1, Math.trunc((edge * Math.max(width, height)) / Math.min(width, height)));
  return width <= height ? { width: edge, height: longer } : { width: longer, height: edge };
}
