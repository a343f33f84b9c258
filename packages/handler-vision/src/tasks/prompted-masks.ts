import { createHash } from 'node:crypto';
import { LlmiError } from '@llmi/core';
import { toFloat32, type OnnxSession, type OnnxTensor } from '@llmi/runtime-onnx';
import { interpolateLinear } from '../maths/interpolate.js';
import type { Size } from '../preprocess/sizes.js';
import type { PreparedImage } from '../preprocess/prepare-image.js';
import type { GraphOutputs } from '../vision-graph.js';
import { segmentationAnswer, type Segment } from './segmentation-answer.js';
import type { BatchTask, MarkedBox, MarkedPoint, TaskContext, VisionOptions } from './vision-task.js';

const decoder = 'prompt_encoder_mask_decoder';
/** Pictures whose embeddings are kept: further places in one of them cost the small graph alone. */
const keptPictures = 4;

/** Places and at most one box that go through the small graph together. */
interface Prompt {
  points: readonly MarkedPoint[];
  box?: MarkedBox;
}

/**
 * Masks at places of a picture or in boxes, the surest first: a part, the whole of it, and what it belongs to. The large graph sees the
 * picture, the small one the places. Source: `SamModel` and `Sam2Model` of transformers 4.57; https://arxiv.org/abs/2304.02643
 */
export async function promptedMaskTask({ graph, open }: TaskContext): Promise<BatchTask> {
  const prompted = await open(decoder);
  const seen = prompted.inputs.map(({ name }) => name).filter((name) => name.startsWith('image_')); // image_embeddings with their positions, or in several sizes
  const directly = !seen.includes('image_positional_embeddings'); // SAM 2 has its own
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
      const segments: Segment[] = [];
      for (const prompt of promptsOf(options, image, prompted)) {
        const feeds = tensorsOf(prompt, image, prompted);
        const { iou_scores: scores, pred_masks: masks } = await prompted.run({ ...feeds, ...embeddings }, { outputs: ['iou_scores', 'pred_masks'] });
        const [count, height, width] = masks!.shape.slice(-3) as [number, number, number];
        const [sure, planes] = [toFloat32(scores!), toFloat32(masks!)];
        const best = Array.from({ length: count }, (_, index) => index).sort((left, right) => sure[right]! - sure[left]!).slice(0, options.topK);
        for (const index of best) {
          const plane = planes.subarray(index * height * width, (index + 1) * height * width);
          segments.push({ label: 'object', score: sure[index]!, mask: { ...image.source, channels: 1, data: whereAbove0(directly ? stretched(plane, { width, height }, image.source) : withoutBorder(plane, { width, height }, image)) } });
        }
      }
      return segmentationAnswer(segments, image, { ...options, threshold: -Infinity }, 1); // a guess of the overlap, which may be below 0
    },
  };
}

/** All places go together, with the one box there is; several boxes are asked about one after the other. */
function promptsOf({ points, boxes }: VisionOptions, { source }: PreparedImage, session: OnnxSession): Prompt[] {
  const inside = (x: number, y: number) => x >= 0 && y >= 0 && x <= source.width && y <= source.height;
  const outside = (what: string, param: string) => new LlmiError('INPUT_INVALID', { message: `${what} is outside of the picture, which is ${source.width} x ${source.height}.`, hint: 'Places are in pixels, from the upper left corner.', param });
  points.forEach(({ x, y }, index) => {
    if (!inside(x, y)) throw outside(`The place [${x}, ${y}]`, `points[${index}]`);
  });
  boxes.forEach((box, index) => {
    if (!inside(box[0], box[1]) || !inside(box[2], box[3])) throw outside(`The box [${box.join(', ')}]`, `boxes[${index}]`);
  });
  if (boxes.length > 0 && !session.inputs.some(({ name }) => name === 'input_boxes')) {
    throw new LlmiError('INPUT_UNSUPPORTED', { message: 'This model takes places, but no boxes.', hint: 'Give "points", or use a model of SAM 2, such as onnx-community/sam2.1-hiera-tiny-ONNX.', param: 'boxes' });
  }
  if (boxes.length > 1 && points.length > 0) throw new LlmiError('INPUT_INVALID', { message: `${boxes.length} boxes and places at once are not clear.`, hint: 'Give places with one box, or boxes alone.', param: 'boxes' });
  return boxes.length === 0 ? [{ points }] : boxes.map((box) => ({ points, box }));
}

/** In pixels of what the graph saw. [1, 1, points, 2], [1, 1, points] and [1, boxes, 4] */
function tensorsOf({ points, box }: Prompt, { content, source }: PreparedImage, session: OnnxSession): Record<string, OnnxTensor> {
  const [across, down] = [content.width / source.width, content.height / source.height];
  const places: Record<string, OnnxTensor> = {
    input_points: { dtype: 'float32', shape: [1, 1, points.length, 2], data: Float32Array.from(points.flatMap(({ x, y }) => [x * across, y * down])) },
    input_labels: { dtype: 'int64', shape: [1, 1, points.length], data: BigInt64Array.from(points, ({ belongs }) => (belongs ? 1n : 0n)) },
  };
  if (!session.inputs.some(({ name }) => name === 'input_boxes')) return places;
  const corners = box ? [box[0] * across, box[1] * down, box[2] * across, box[3] * down] : [];
  return { ...places, input_boxes: { dtype: 'float32', shape: [1, corners.length / 4, 4], data: Float32Array.from(corners) } };
}

function whereAbove0(plane: Float32Array): Uint8Array {
  return Uint8Array.from(plane, (value) => (value > 0 ? 255 : 0));
}

function stretched(plane: Float32Array, from: Size, to: Size): Float32Array {
  return interpolateLinear(plane, from.width, from.height, to.width, to.height);
}

/** SAM fits a picture in and fills up: a plane is brought to the size of what the graph saw, cut to the picture and brought to its size. Source: `SamImageProcessor.post_process_masks` */
function withoutBorder(plane: Float32Array, size: Size, { width, height, content, source }: PreparedImage): Float32Array {
  const whole = stretched(plane, size, { width, height });
  const cut = new Float32Array(content.width * content.height);
  for (let y = 0; y < content.height; y++) cut.set(whole.subarray(y * width, y * width + content.width), y * content.width);
  return stretched(cut, content, source);
}
