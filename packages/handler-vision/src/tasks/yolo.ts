import { suppress, type DetectedObject } from '../maths/boxes.js';
import { largest } from '../maths/scores.js';
import type { PreparedImage } from '../preprocess/prepare-image.js';
import type { GraphOutput } from '../vision-graph.js';
import { chooseOutput } from './choose-output.js';
import { cocoLabels } from './coco-labels.js';
import { defaultThreshold, detectionAnswer } from './detection-answer.js';
import type { BatchTask, LabelNames, TaskContext } from './vision-task.js';

/** Boxes of one label that overlap by more are taken for the same object. Source: the demos of YOLOX and YOLOv5. */
const overlapLimit = 0.45;

/** Pixels of a cell in the grids of YOLOX; the last one only in its P6 models. */
const strides = [8, 16, 32, 64];

/** Ways in which a YOLO graph lays out its answer, for `n` boxes and `c` classes. */
type Layout =
  | 'yolox' // [n, 5 + c]: x, y in cells, logarithms of width and height, objectness, classes
  | 'yolov5' // [n, 5 + c]: x, y, width, height in pixels, objectness, classes
  | 'yolov8' // [4 + c, n]: x, y, width, height in pixels, classes
  | 'yolov8-rows' // [n, 4 + c]: the same, box by box
  | 'yolov10'; // [n, 6]: corners in pixels, score, class; nothing left to suppress

export function yoloTask({ graph, labels }: TaskContext): BatchTask {
  const output = chooseOutput(graph.session.outputs, ['outputs', 'output', 'output0', 'logits'], [3], 'boxes');
  return {
    outputs: [output],
    picture: 'drawing',
    async answer(outputs, image, options) {
      const result = outputs[output]!;
      const layout = layoutOf(result.shape, image, labels.count);
      const threshold = options.threshold ?? defaultThreshold;
      const objects = decode(result, layout, image, threshold, (index, classes) => namesOr(labels, cocoLabels, classes)(index));
      return detectionAnswer(layout === 'yolov10' ? objects : suppress(objects, overlapLimit), image, options);
    },
  };
}

/** Cells of the grids of YOLOX over an input, one box each. */
export function gridCells({ width, height }: { width: number; height: number }, count: number): number {
  return strides.slice(0, count).reduce((sum, stride) => sum + Math.floor(width / stride) * Math.floor(height / stride), 0);
}

function layoutOf([rows = 0, columns = 0]: readonly number[], image: PreparedImage, classes: number): Layout {
  if (columns === 6 && rows <= 1000 && classes !== 2) return 'yolov10';
  if (rows < columns) return 'yolov8';
  if (classes > 0 && columns === 4 + classes) return 'yolov8-rows';
  return rows === gridCells(image, 3) || rows === gridCells(image, 4) ? 'yolox' : 'yolov5';
}

function decode({ data, shape }: GraphOutput, layout: Layout, image: PreparedImage, threshold: number, nameOf: (index: number, classes: number) => string): DetectedObject[] {
  const rows = layout === 'yolov8' ? transposed(data, shape) : data;
  const [count, columns] = layout === 'yolov8' ? [shape[1]!, shape[0]!] : [shape[0]!, shape[1]!];
  const grid = layout === 'yolox' ? gridOf(image, count) : undefined;
  const toSource = { x: image.source.width / image.content.width, y: image.source.height / image.content.height };
  const objects: DetectedObject[] = [];
  for (let row = 0; row < count; row++) {
    const values = rows.subarray(row * columns, (row + 1) * columns);
    const { index, score, classes } = scoreOf(values, layout);
    if (score <= threshold) continue;
    const [left, top, right, bottom] = cornersOf(values, layout, grid?.[row]);
    objects.push({ label: nameOf(index, classes), score, box: { xmin: left * toSource.x, ymin: top * toSource.y, xmax: right * toSource.x, ymax: bottom * toSource.y } });
  }
  return objects.sort((one, other) => other.score - one.score);
}

function scoreOf(values: Float32Array, layout: Layout): { index: number; score: number; classes: number } {
  if (layout === 'yolov10') return { index: values[5]!, score: values[4]!, classes: cocoLabels.length };
  const first = layout === 'yolov8' || layout === 'yolov8-rows' ? 4 : 5;
  const classes = values.length - first;
  const { index, value } = largest(values, first, classes);
  return { index, score: first === 5 ? value * values[4]! : value, classes };
}

type Cell = readonly [x: number, y: number, stride: number];

function cornersOf(values: Float32Array, layout: Layout, cell: Cell | undefined): [number, number, number, number] {
  let [x, y, width, height] = values as unknown as [number, number, number, number];
  if (layout === 'yolov10') return [x, y, width, height];
  if (cell) [x, y, width, height] = [(x + cell[0]) * cell[2], (y + cell[1]) * cell[2], Math.exp(width) * cell[2], Math.exp(height) * cell[2]];
  return [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
}

function gridOf({ width, height }: PreparedImage, count: number): Cell[] {
  const cells: Cell[] = [];
  for (const stride of strides) {
    if (cells.length === count) break;
    for (let y = 0; y < Math.floor(height / stride); y++) for (let x = 0; x < Math.floor(width / stride); x++) cells.push([x, y, stride]);
  }
  return cells;
}

function transposed(data: Float32Array, [rows = 0, columns = 0]: readonly number[]): Float32Array {
  const result = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++) result[column * rows + row] = data[row * columns + column]!;
  return result;
}

/** Names of classes for models that come without: the 80 of COCO, which most detectors were trained on. */
function namesOr(labels: LabelNames, otherwise: readonly string[], classes: number): LabelNames['nameOf'] {
  return labels.count === 0 && classes === otherwise.length ? (index) => otherwise[index]! : labels.nameOf;
}
