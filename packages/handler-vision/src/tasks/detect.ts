import type { DetectedObject } from '../maths/boxes.js';
import { largest, sigmoid, softmax } from '../maths/scores.js';
import type { Size } from '../preprocess/sizes.js';
import type { GraphOutput } from '../vision-graph.js';
import { defaultThreshold, detectionAnswer } from './detection-answer.js';
import type { BatchTask, TaskContext } from './vision-task.js';
import { yoloTask } from './yolo.js';

/** Families whose scores are independent, not shares of one. Source: their `post_process_object_detection`. */
const focalTypes = /^(conditional_detr|deformable_detr|rt_detr|rt_detr_v2|d_fine|grounding-dino|deta|dab-detr)$/;
/** How many boxes the focal families give at most; RT-DETR and its kin as many as they have queries. */
const focalBest = 100;
const manyQueries = /^(rt_detr|rt_detr_v2|d_fine)$/;

/** Objects with their boxes: DETR and its relatives give one of each per query, YOLO one per cell of a grid. */
export function detectTask(context: TaskContext): BatchTask {
  const names = context.graph.outputNames;
  if (!names.includes('logits') || !names.includes('pred_boxes')) return yoloTask(context);
  const { labels, model } = context;
  const type = model.modelType ?? '';
  return {
    outputs: ['logits', 'pred_boxes'],
    picture: 'drawing',
    async answer(outputs, image, options) {
      const [logits, boxes] = [outputs.logits!, outputs.pred_boxes!];
      const classes = logits.shape[1]!;
      const threshold = options.threshold ?? defaultThreshold;
      const isFocal = focalTypes.test(type) || (labels.count > 0 && classes === labels.count && type !== 'detr' && type !== 'yolos');
      const limit = manyQueries.test(type) ? logits.shape[0]! : focalBest;
      const found = isFocal ? focalScores(logits, limit) : shareScores(logits);
      const objects = found
        .filter(({ score }) => score > threshold)
        .sort((left, right) => right.score - left.score)
        .map(({ query, index, score }) => ({ label: labels.nameOf(index), score, box: boxOfQuery(boxes, query, image.source) }));
      return detectionAnswer(objects, image, options);
    },
  };
}

interface ScoredQuery {
  query: number;
  index: number; // of the class
  score: number;
}

/** The best class of each query, where the last one stands for nothing. */
function shareScores({ data, shape }: GraphOutput): ScoredQuery[] {
  const [queries, classes] = [shape[0]!, shape[1]!];
  return Array.from({ length: queries }, (_, query) => {
    const { index, value } = largest(softmax(data, query * classes, classes), 0, classes - 1);
    return { query, index, score: value };
  });
}

/** The best of all classes of all queries: a query may be counted twice. */
function focalScores({ data, shape }: GraphOutput, limit: number): ScoredQuery[] {
  const classes = shape[1]!;
  return Array.from(data, (logit, at) => ({ query: Math.floor(at / classes), index: at % classes, score: sigmoid(logit) }))
    .sort((left, right) => right.score - left.score)
    .slice(0, limit);
}

/** Middle, width and height as shares of the picture to corners in its pixels. */
export function boxOfQuery({ data }: GraphOutput, query: number, { width, height }: Size): DetectedObject['box'] {
  const [x, y, across, down] = data.subarray(query * 4, query * 4 + 4) as unknown as [number, number, number, number];
  return { xmin: (x - across / 2) * width, ymin: (y - down / 2) * height, xmax: (x + across / 2) * width, ymax: (y + down / 2) * height };
}
