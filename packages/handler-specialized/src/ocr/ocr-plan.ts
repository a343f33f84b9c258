import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LlmiError, type ModelInfo } from '@llmi/core';
import { parse } from 'yaml';
import type { OnnxVariant } from '@llmi/runtime-transformers';

type Json = Record<string, unknown>;

/** How a page is shown to the detector, and what of its map counts as text. */
export interface DetectionPlan {
  /** The side that is made as long as `sideLength`: the shorter one where it is shorter, the longer one where it is longer, or the longer one always. */
  side: 'min' | 'max' | 'long';
  sideLength: number;
  mean: readonly number[]; // of blue, green, red
  std: readonly number[];
  threshold: number;
  boxThreshold: number;
  mostBoxes: number;
  growth: number;
  thickens: boolean;
}

/**
 * What a detector without an inference.yml is used with.
 * Source: config.yaml of RapidOCR 3, whose conversions come without one
 */
const usualDetection: DetectionPlan = { side: 'min', sideLength: 736, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], threshold: 0.3, boxThreshold: 0.5, mostBoxes: 1000, growth: 1.6, thickens: true };
const largestSettingsBytes = 4 << 20;

/** The inference.yml beside a graph, as PaddleX writes it. @throws {LlmiError} MODEL_FILE_CORRUPT */
export async function readInferenceYml(model: ModelInfo, folder: string, { path }: OnnxVariant): Promise<Json | undefined> {
  const beside = join(dirname(path), 'inference.yml').replaceAll('\\', '/');
  const file = model.files.find((candidate) => candidate.path === beside && candidate.sizeBytes <= largestSettingsBytes);
  if (!file) return undefined;
  try {
    return parse(await readFile(join(folder, file.path), 'utf8'), { maxAliasCount: 100 }) as Json;
  } catch (cause) {
    throw new LlmiError('MODEL_FILE_CORRUPT', { message: `The model file ${file.path} is not valid YAML.`, hint: 'It is damaged or incomplete: install the model again.', cause });
  }
}

/** Source: `DetResizeForTest`, `NormalizeImage` and `DBPostProcess` of PaddleX 3 */
export function detectionPlan(settings: Json | undefined): DetectionPlan {
  if (!settings) return usualDetection;
  const resize = operation(settings, 'DetResizeForTest');
  const normalize = operation(settings, 'NormalizeImage');
  const after = (settings.PostProcess ?? {}) as Json;
  const long = numberOf(resize?.resize_long);
  const side = long !== undefined ? 'long' : resize?.limit_type === 'min' ? 'min' : 'max';
  return {
    side,
    sideLength: long ?? numberOf(resize?.limit_side_len) ?? 960,
    mean: numbersOf(normalize?.mean) ?? [0.485, 0.456, 0.406],
    std: numbersOf(normalize?.std) ?? [0.229, 0.224, 0.225],
    threshold: numberOf(after.thresh) ?? 0.3,
    boxThreshold: numberOf(after.box_thresh) ?? 0.6,
    mostBoxes: numberOf(after.max_candidates) ?? 1000,
    growth: numberOf(after.unclip_ratio) ?? 1.5,
    thickens: after.use_dilation === true,
  };
}

/** Height of the lines that a recognizer reads, and the width it was trained with, in pixels. */
export function lineSize(settings: Json | undefined, declaredHeight: number | undefined): { height: number; width: number } {
  const shape = numbersOf(operation(settings ?? {}, 'RecResizeImg')?.image_shape);
  const height = shape?.[1] ?? declaredHeight ?? 48;
  return { height, width: shape?.[2] ?? Math.round((height * 320) / 48) };
}

function operation(settings: Json, name: string): Json | undefined {
  const operations = (settings.PreProcess as Json | undefined)?.transform_ops;
  const found: unknown = Array.isArray(operations) ? operations.find((entry: unknown) => typeof entry === 'object' && entry !== null && name in entry) : undefined;
  return found ? (((found as Json)[name] ?? {}) as Json) : undefined;
}

const numberOf = (value: unknown) => (typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined);

function numbersOf(value: unknown): number[] | undefined {
  return Array.isArray(value) && value.length === 3 && value.every((item) => typeof item === 'number') ? value : undefined;
}
