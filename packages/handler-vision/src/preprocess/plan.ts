import type { NormalizeOptions, ResizeFilter } from '@llmi/media';
import type { Size, SizeRule } from './sizes.js';

/** What happens to a picture before a graph sees it, step by step. */
export interface PreprocessPlan {
  /** Undefined leaves the size as it is. */
  resize?: SizeRule;
  filter: ResizeFilter;
  /** Filled up to a square of grey at the right and bottom, smoothed, and sampled at this size, in numbers from 0 to 1. */
  smoothTo?: Size;
  /** Cut out of the middle, black where the picture is smaller. */
  crop?: Size;
  /** Filled up at the right and bottom with this byte before numbers are made of it, or with zeros after. */
  fill?: Size & { byte?: number };
  /** Filled up at the right and bottom with the mirrored picture, to the next multiple, at least one pixel. */
  mirrorTo?: number;
  /** Grey: the model works on brightness alone. */
  grey?: boolean;
  numbers: NormalizeOptions;
}

export const imagenetMean = [0.485, 0.456, 0.406];
export const imagenetStd = [0.229, 0.224, 0.225];
