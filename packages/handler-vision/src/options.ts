import { LlmiError, toSnakeCase, type GenerateRequest } from '@llmi/core';
import type { VisionTaskName } from './find-tasks.js';
import { defaultTopK } from './tasks/classify.js';
import type { MarkedBox, MarkedPoint, VisionOptions } from './tasks/vision-task.js';
import { defaultTemplate } from './tasks/zero-shot.js';

/** What a loaded model lets a request choose. */
export interface VisionFacts {
  tasks: readonly VisionTaskName[];
  modes: readonly string[];
}

/** A request with every default filled in. */
export interface ResolvedRequest {
  task: VisionTaskName;
  images: { text: string; param: string }[];
  options: VisionOptions;
}

const always = ['model', 'mode', 'task', 'image', 'images'];
const fieldsOf: Record<VisionTaskName, readonly string[]> = {
  'image-classification': ['topK', 'threshold'],
  'object-detection': ['threshold', 'outputFormat'],
  'image-segmentation': ['threshold', 'outputFormat'],
  'mask-generation': ['points', 'boxes', 'topK', 'outputFormat'],
  'depth-estimation': ['outputFormat'],
  'zero-shot-image-classification': ['labels', 'prompt', 'topK', 'threshold'],
  'zero-shot-object-detection': ['labels', 'prompt', 'topK', 'threshold', 'outputFormat'],
  'background-removal': [],
  'image-feature-extraction': ['pooling', 'normalize'],
  'image-to-image': [],
};

/** Formats that a drawing can be had in. */
const drawingFormats = ['png', 'jpeg', 'webp'] as const;

/**
 * Checks a request against the model and fills in its defaults.
 * @throws {LlmiError} INPUT_UNSUPPORTED, INPUT_INVALID, MODE_UNSUPPORTED, TASK_UNSUPPORTED
 */
export function resolveRequest(request: GenerateRequest, { tasks, modes }: VisionFacts): ResolvedRequest {
  const task = (request.task ?? tasks[0]!) as VisionTaskName;
  if (!tasks.includes(task)) {
    throw new LlmiError('TASK_UNSUPPORTED', { message: `This model has no task "${task}".`, hint: `Use one of: ${tasks.join(', ')}.`, param: 'task' });
  }
  const mode = request.mode ?? 'auto';
  if (!modes.includes(mode)) {
    throw new LlmiError('MODE_UNSUPPORTED', { message: `This model has no mode "${mode}".`, hint: `Use one of: ${modes.join(', ')}.`, param: 'mode' });
  }
  refuseOtherFields(request, task);
  return {
    task,
    images: readImages(request),
    options: {
      mode,
      topK: request.topK === undefined ? (task === 'image-classification' ? defaultTopK : Infinity) : request.topK || Infinity,
      threshold: request.threshold,
      labels: readLabels(request, task),
      template: readTemplate(request, task),
      points: task === 'mask-generation' ? readPoints(request) : [],
      boxes: task === 'mask-generation' ? readBoxes(request) : [],
      pooling: readPooling(request),
      normalize: request.normalize ?? false,
      drawing: readDrawing(request),
    },
  };
}

function refuseOtherFields(request: GenerateRequest, task: VisionTaskName): void {
  const taken = [...always, ...fieldsOf[task]];
  const other = Object.entries(request).find(([name, value]) => value !== undefined && !taken.includes(name));
  if (!other) return;
  const param = toSnakeCase(other[0]);
  throw new LlmiError('INPUT_UNSUPPORTED', { message: `The task ${task} has no use for "${param}".`, hint: `Leave it out; what counts here is: ${taken.slice(1).map(toSnakeCase).join(', ')}.`, param });
}

function readImages({ image, images }: GenerateRequest): ResolvedRequest['images'] {
  if (image !== undefined && images !== undefined) throw invalid('images', 'Both "image" and "images" are given.', 'Give one of the two.');
  if (image !== undefined) return [{ text: image, param: 'image' }];
  if (images === undefined || images.length === 0) throw invalid('images', 'There is no picture to look at.', 'Give "images", a list of pictures as base64 or data URLs.');
  return images.map((text, index) => ({ text, param: `images[${index}]` }));
}

function readLabels({ labels }: GenerateRequest, task: VisionTaskName): string[] {
  if (!task.startsWith('zero-shot-')) return [];
  if (labels === undefined) throw invalid('labels', 'There are no labels to choose from.', 'Give "labels", such as ["a cat", "a dog"].');
  return labels;
}

/** `[x, y]` in pixels of the picture, and 0 where the place does not belong to what is wanted. */
function readPoints({ points = [], boxes = [] }: GenerateRequest): MarkedPoint[] {
  if (points.length === 0 && boxes.length === 0) throw invalid('points', 'There is no place to segment at.', 'Give "points", such as [[120, 80]]; a third number 0 marks a place that does not belong to it. SAM 2 takes "boxes" too.');
  return points.map(([x, y, belongs = 1, ...more], index) => {
    if (x === undefined || y === undefined || more.length > 0 || (belongs !== 0 && belongs !== 1)) throw invalid(`points[${index}]`, 'This is no place in a picture.', 'Write [x, y], or [x, y, 0] for a place that does not belong to it.');
    return { x, y, belongs: belongs === 1 };
  });
}

function readBoxes({ boxes = [] }: GenerateRequest): MarkedBox[] {
  return boxes.map((box, index) => {
    const [xmin, ymin, xmax, ymax] = box as [number, number, number, number];
    if (xmin >= xmax || ymin >= ymax) throw invalid(`boxes[${index}]`, 'This box has no inside.', 'Write [xmin, ymin, xmax, ymax] in pixels.');
    return [xmin, ymin, xmax, ymax];
  });
}

/** Detectors take the label as it is: that is how they were trained. */
function readTemplate({ prompt }: GenerateRequest, task: VisionTaskName): string {
  if (prompt === undefined || prompt.includes('{}')) return prompt ?? (task === 'zero-shot-object-detection' ? '{}' : defaultTemplate);
  throw invalid('prompt', 'The prompt has no place for a label.', 'Write {} where the label goes: "a photo of a {}".');
}

function readPooling({ pooling }: GenerateRequest): 'cls' | 'mean' | undefined {
  if (pooling === undefined || pooling === 'cls' || pooling === 'mean') return pooling;
  throw invalid('pooling', `Features of pictures are not pooled by "${pooling}".`, 'Use one of: cls, mean.');
}

function readDrawing({ outputFormat }: GenerateRequest): VisionOptions['drawing'] {
  const format = drawingFormats.find((name) => name === outputFormat);
  if (outputFormat === undefined || format) return format;
  throw invalid('output_format', `A drawing cannot be had as "${outputFormat}".`, `Use one of: ${drawingFormats.join(', ')}.`);
}

function invalid(param: string, message: string, hint: string): LlmiError {
  return new LlmiError('INPUT_INVALID', { message, hint, param });
}
