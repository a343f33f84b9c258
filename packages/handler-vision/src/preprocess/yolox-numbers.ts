import { jsonFile, type ModelInfo } from '@llmi/core';
import { gridCells } from '../tasks/yolo.js';
import type { VisionGraph } from '../vision-graph.js';
import { inputSize } from './choose-plan.js';
import type { PreprocessPlan } from './plan.js';

/** YOLOX takes blue first, from 0 to 255. Its graphs are told by a box for each cell of their grids, unless a configuration speaks. */
export function forYolox(plan: PreprocessPlan, model: ModelInfo, { input, session }: VisionGraph): PreprocessPlan {
  if (jsonFile(model, 'preprocessor_config.json')) return plan;
  const [, rows, columns] = session.outputs[0]?.shape ?? [];
  const size = inputSize(input);
  const isYolox = model.modelType === 'yolox' || (session.outputs[0]?.shape.length === 3 && typeof columns === 'number' && columns > 5 && size.width > 0 && (rows === gridCells(size, 3) || rows === gridCells(size, 4)));
  return isYolox ? { ...plan, numbers: { scale: 1, bgr: true } } : plan;
}
