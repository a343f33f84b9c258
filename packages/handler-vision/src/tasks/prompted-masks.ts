import { createHash } from 'node:crypto';
import { LlmiError } from '@llmi/core';
import { toFloat32, type OnnxTensor } from '@llmi/runtime-onnx';
import { interpolateLinear } from '../maths/interpolate.js';
import type { PreparedImage } from '../preprocess/prepare-image.js';
import type { GraphOutputs } from '../vision-graph.js';
import { segmentationAnswer, type Segment } from './segmentation-answer.js';
import type { BatchTask, MarkedPoint, TaskContext } from './vision-task.js';

const seen = ['image_embeddings', 'image_positional_embeddings'] as const;
const decoder = 'prompt_encoder_mask_decoder';
/** Pictures whose embeddings are kept: further places in one of them cost the small graph alone. */
const keptPictures = 4;

/**
 * Masks at places of a picture, the surest first: a part, the whole of it, and what it belongs to. The large graph sees the picture, the
 * small one the places. Source: `SamProcessor` and `SamModel` of transformers 4.57; https://arxiv.org/abs/2304.02643
 */
export async function promptedMaskTask({ graph, open }: TaskContext): Promise<BatchTask> {
  const prompted = await open(decoder);
  const kept = new Map<string, GraphOutputs>(); // least recently used first
  return {
    outputs: seen,
    picture: 'drawing',
    async see(image, signal) {
      const key = createHash('sha256').update(image.planes).digest('base64');
      const known = kept.get(key) ?? (await graph.run([image], seen, {}, signal))[0]!;
      kept.delete(key);
      kept.set(key, known);
      if (kept.size > keptPictures) kept.delete(kept.keys().next().value!);
      return known;
    },
    async answer(outputs, image, options) {
      const embeddings = Object.fromEntries(seen.map((name) => [name, { dtype: 'float32', shape: [1, ...outputs[name]!.shape], data: outputs[name]!.data } satisfies OnnxTensor]));
      const { iou_scores: scores, pred_masks: masks } = await prompted.run({ ...promptOf(options.points, image), ...embeddings }, { outputs: ['iou_scores', 'pred_masks'] });
      const [count, height, width] = masks!.shape.slice(-3) as [number, number, number];
      const [sure, planes] = [toFloat32(scores!), toFloat32(masks!)];
      const segments = Array.from({ length: count }, (_, index): Segment => {
        const plane = planes.subarray(index * height * width, (index + 1) * height * width);
        return { label: 'object', score: sure[index]!, mask: maskOf(plane, { width, height }, image) };
      });
      return segmentationAnswer(segments.sort((left, right) => right.score! - left.score!).slice(0, options.topK), image, { ...options, threshold: -Infinity }, 1); // a guess of the overlap, which may be below 0
    },
  };
}

/** Places in pixels of the picture as those of what the graph saw. [1, 1, points, 2] and [1, 1, points] */
function promptOf(points: readonly MarkedPoint[], { content, source }: PreparedImage): Record<string, OnnxTensor> {
  points.forEach(({ x, y }, index) => {
    if (x >= 0 && y >= 0 && x <= source.width && y <= source.height) return;
    throw new LlmiError('INPUT_INVALID', { message: `The place [${x}, ${y}] is outside of the picture, which is ${source.width} x ${source.height}.`, hint: 'Places are in pixels, from the upper left corner.', param: `points[${index}]` });
  });
  return {
    input_points: { dtype: 'float32', shape: [1, 1, points.length, 2], data: Float32Array.from(points.flatMap(({ x, y }) => [x * (content.width / source.width), y * (content.height / source.height)])) },
    input_labels: { dtype: 'int64', shape: [1, 1, points.length], data: BigInt64Array.from(points, ({ belongs }) => (belongs ? 1n : 0n)) },
  };
}

/** White where the plane, brought to the size of what the graph saw, cut to the picture and brought to its size, is above 0. Source: `post_process_masks`. */
function maskOf(plane: Float32Array, size: { width: number; height: number }, { width, height, content, source }: PreparedImage): Segment['mask'] {
  const whole = interpolateLinear(plane, size.width, size.height, width, height);
  const cut = new Float32Array(content.width * content.height);
  for (let y = 0; y < content.height; y++) cut.set(whole.subarray(y * width, y * width + content.width), y * content.width);
  const full = interpolateLinear(cut, content.width, content.height, source.width, source.height);
  return { ...source, channels: 1, data: Uint8Array.from(full, (value) => (value > 0 ? 255 : 0)) };
}
