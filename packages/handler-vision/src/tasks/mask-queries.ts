import { interpolateLinear } from '../maths/interpolate.js';
import { largest, sigmoid, softmax } from '../maths/scores.js';
import type { PreparedImage } from '../preprocess/prepare-image.js';
import type { GraphOutput } from '../vision-graph.js';
import { classMap } from './class-map.js';
import { maskOf, segmentationAnswer, type Segment } from './segmentation-answer.js';
import type { BatchTask, LabelNames, TaskContext } from './vision-task.js';

/** Source: `ImageSegmentationPipeline` of transformers. */
const defaultThreshold = 0.9;
const maskThreshold = 0.5;
/** A segment of which less is left after the others took their pixels is dropped. */
const minVisibleShare = 0.5;
/** Side that Mask2Former's masks are brought to first. Source: Mask2FormerImageProcessor. */
const mask2FormerSide = 384;

/** One mask and one distribution of classes per query: MaskFormer, Mask2Former, DETR with masks. Panoptic unless the mode says otherwise. */
export function maskQueriesTask({ graph, labels, model }: TaskContext, masksName: string): BatchTask {
  const classesName = graph.outputNames.find((name) => name === 'class_queries_logits') ?? 'logits';
  const isMask2Former = model.modelType === 'mask2former';
  return {
    outputs: [classesName, masksName],
    picture: 'drawing',
    async answer(outputs, image, options) {
      const masks = isMask2Former ? resized(outputs[masksName]!, mask2FormerSide) : outputs[masksName]!;
      const logits = outputs[classesName]!;
      if (options.mode === 'semantic') return segmentationAnswer(semanticSegments(logits, masks, image, labels), image, { ...options, threshold: undefined });
      const threshold = options.threshold ?? (options.mode === 'instance' ? 0.5 : defaultThreshold);
      const segments = options.mode === 'instance' && isMask2Former ? instanceSegments(logits, masks, image, labels, threshold) : panopticSegments(logits, masks, image, labels, threshold);
      return segmentationAnswer(segments, image, { ...options, threshold: undefined });
    },
  };
}

function resized({ data, shape }: GraphOutput, side: number): GraphOutput {
  const [queries, height, width] = shape as [number, number, number];
  const out = new Float32Array(queries * side * side);
  for (let query = 0; query < queries; query++) out.set(interpolateLinear(maskOfQuery(data, query, width * height), width, height, side, side), query * side * side);
  return { data: out, shape: [queries, side, side] };
}

const maskOfQuery = (data: Float32Array, query: number, plane: number) => data.subarray(query * plane, (query + 1) * plane);

/** Sum over the queries of class share times mask. Source: `post_process_semantic_segmentation`. */
function semanticSegments(logits: GraphOutput, { data, shape }: GraphOutput, image: PreparedImage, labels: LabelNames): Segment[] {
  const [queries, height, width] = shape as [number, number, number];
  const [plane, classes] = [width * height, logits.shape[1]! - 1];
  const scores = new Float32Array(classes * plane);
  for (let query = 0; query < queries; query++) {
    const shares = softmax(logits.data, query * (classes + 1), classes + 1);
    const mask = Float32Array.from(maskOfQuery(data, query, plane), sigmoid);
    for (let index = 0; index < classes; index++) {
      for (let at = 0; at < plane; at++) scores[index * plane + at]! += shares[index]! * mask[at]!;
    }
  }
  const map = classMap(scores, classes, width, height, image.source);
  return [...new Set(map)].sort((left, right) => left - right).map((index) => ({ label: labels.nameOf(index), score: null, mask: maskOf(map, index, image) }));
}

/** Every pixel goes to the query that is surest of it. Source: `post_process_panoptic_segmentation` and `compute_segments`. */
function panopticSegments(logits: GraphOutput, { data, shape }: GraphOutput, image: PreparedImage, labels: LabelNames, threshold: number): Segment[] {
  const [queries, height, width] = shape as [number, number, number];
  const classes = logits.shape[1]!;
  const pixels = image.source.width * image.source.height;
  const owner = new Int16Array(pixels).fill(-1);
  const best = new Float32Array(pixels).fill(-1);
  const kept: { label: string; score: number; area: number }[] = [];
  for (let query = 0; query < queries; query++) {
    const { index, value } = largest(softmax(logits.data, query * classes, classes));
    if (index === classes - 1 || value <= threshold) continue;
    const probabilities = Float32Array.from(maskOfQuery(data, query, width * height), sigmoid);
    const mask = interpolateLinear(probabilities, width, height, image.source.width, image.source.height);
    let area = 0;
    for (let at = 0; at < pixels; at++) {
      const weighed = mask[at]! * value;
      if (weighed >= maskThreshold) area++;
      if (weighed > best[at]!) [best[at], owner[at]] = [weighed, kept.length];
    }
    kept.push({ label: labels.nameOf(index), score: value, area });
  }
  const owned = new Int32Array(kept.length);
  for (const id of owner) if (id >= 0) owned[id]!++;
  return kept.flatMap(({ label, score, area }, id) => (area > 0 && owned[id]! > 0 && owned[id]! / area > minVisibleShare ? [{ label, score, mask: maskOf(owner, id, image) }] : []));
}

/**
 * The best pairs of query and class, the surest on top: the reference leaves their order open.
 * Source: `post_process_instance_segmentation` of Mask2Former.
 */
function instanceSegments(logits: GraphOutput, { data, shape }: GraphOutput, image: PreparedImage, labels: LabelNames, threshold: number): Segment[] {
  const [queries, height, width] = shape as [number, number, number];
  const [plane, classes] = [width * height, logits.shape[1]! - 1];
  const pairs = Array.from({ length: queries }, (_, query) => Array.from(softmax(logits.data, query * (classes + 1), classes + 1).subarray(0, classes), (score, index) => ({ query, index, score }))).flat();
  const best = pairs.sort((left, right) => right.score - left.score).slice(0, queries);
  const owner = new Int16Array(image.source.width * image.source.height).fill(-1);
  const kept: { label: string; score: number }[] = [];
  for (const { query, index, score } of best.reverse()) {
    const mask = maskOfQuery(data, query, plane);
    let [sum, area] = [0, 0];
    for (const logit of mask) if (logit > 0) [sum, area] = [sum + sigmoid(logit), area + 1];
    const total = score * (sum / (area + 1e-6));
    if (area === 0 || total < threshold) continue;
    paintNearest(owner, kept.length, mask, width, height, image);
    kept.push({ label: labels.nameOf(index), score: total });
  }
  return kept.map(({ label, score }, id) => ({ label, score, mask: maskOf(owner, id, image) })).sort((left, right) => right.score - left.score);
}

function paintNearest(owner: Int16Array, id: number, mask: Float32Array, width: number, height: number, { source }: PreparedImage): void {
  for (let y = 0; y < source.height; y++) {
    const row = Math.floor((y * height) / source.height) * width;
    for (let x = 0; x < source.width; x++) if (mask[row + Math.floor((x * width) / source.width)]! > 0) owner[y * source.width + x] = id;
  }
}
