import type { ModelInfo } from '@llmi/core';
import type { PixelImage } from '@llmi/media';
import type { OnnxSession } from '@llmi/runtime-onnx';
import type { DetectedObject } from '../maths/boxes.js';
import type { PreprocessPlan } from '../preprocess/plan.js';
import type { PreparedImage } from '../preprocess/prepare-image.js';
import type { ExtraFeeds, GraphOutputs, VisionGraph } from '../vision-graph.js';

/** A request with every default filled in. */
export interface VisionOptions {
  mode: string;
  /** How many labels to give; Infinity for all. */
  topK: number;
  threshold: number | undefined;
  /** Labels to choose from, and the sentence that each is put into, at {}. */
  labels: readonly string[];
  template: string;
  /** Places in pixels of the picture, for masks at them. */
  points: readonly MarkedPoint[];
  /** Boxes in pixels of the picture, for masks in them. */
  boxes: readonly MarkedBox[];
  pooling: 'cls' | 'mean' | undefined;
  normalize: boolean;
  /** File format of a copy of the picture with the answer drawn on it. */
  drawing: 'png' | 'jpeg' | 'webp' | undefined;
}

export interface MarkedPoint {
  x: number;
  y: number;
  belongs: boolean;
}

export type MarkedBox = readonly [xmin: number, ymin: number, xmax: number, ymax: number];

export interface Label {
  label: string;
  score: number;
}

/** The answer about one picture. */
export type ImageAnswer =
  | { type: 'classification'; labels: Label[] }
  | { type: 'detection'; objects: DetectedObject[]; drawing?: string }
  | { type: 'segmentation'; segments: { label: string; score: number | null; mask: string }[]; drawing?: string }
  | { type: 'depth'; image: string; min: number; max: number; drawing?: string }
  | { type: 'image'; image: string; width: number; height: number }
  | { type: 'embedding'; embedding: number[] };

/** What a task is made of. */
export interface TaskContext {
  model: ModelInfo;
  graph: VisionGraph;
  /** Where the files of the model are. */
  folder: string;
  /** Opens another graph of the model, of the same data type where there is one; it is closed with the model. */
  open(stem: string): Promise<OnnxSession>;
  /** Names of the classes, where the model has some. */
  labels: LabelNames;
}

/** Class numbers to names. */
export interface LabelNames {
  /** How many classes are named; 0 where none is. */
  count: number;
  nameOf(index: number): string;
}

/** One thing that a loaded graph is used for. */
export type VisionTask = BatchTask | PictureTask;

/** Looks at pictures of one size together. */
export interface BatchTask {
  /** Outputs of the graph that are needed. */
  readonly outputs: readonly string[];
  /** Whether the picture itself is needed: never, for a drawing, or always. */
  readonly picture: 'never' | 'drawing' | 'always';
  /** Pictures go through the graph one by one, each with the texts. */
  readonly onePicture?: true;
  /** Gives what the graph makes of one picture, where that is not simply a run of it. */
  see?(image: PreparedImage, signal?: AbortSignal): Promise<GraphOutputs>;
  /** Inputs beside the pictures, the same for a whole request. */
  feeds?(options: VisionOptions): ExtraFeeds;
  answer(outputs: GraphOutputs, image: PreparedImage, options: VisionOptions): Promise<ImageAnswer>;
}

/** Works on one picture at its own pace. */
export interface PictureTask {
  process(picture: PixelImage, plan: PreprocessPlan, signal?: AbortSignal): Promise<ImageAnswer>;
}
