import { extname } from 'node:path';
import type { GenerateRequest } from '@llmi/core';
import type { Engine } from '@llmi/engine';

/** Tasks whose answer can be drawn onto a copy of the picture. */
const drawnTasks = new Set(['object-detection', 'zero-shot-object-detection', 'image-segmentation', 'mask-generation', 'depth-estimation']);
/** Tasks of which some models can say where they read what. */
const sometimesDrawnTasks = new Set(['image-to-text', 'image-text-to-text']);
const formats: Record<string, GenerateRequest['outputFormat']> = { '.png': 'png', '.jpg': 'jpeg', '.jpeg': 'jpeg', '.webp': 'webp' };

/** The request with a drawing asked for, when its answer goes into a picture file and is one that can be drawn. */
export async function withDrawing(engine: Engine, model: string, request: GenerateRequest, out: string): Promise<GenerateRequest> {
  const format = formats[extname(out).toLowerCase()];
  if (format === undefined || request.outputFormat !== undefined) return request;
  const { tasks } = await engine.describe(model);
  const drawn = { ...request, outputFormat: format };
  if (tasks.some((task) => drawnTasks.has(task))) return drawn;
  return tasks.some((task) => sometimesDrawnTasks.has(task)) && (await takes(engine, model, drawn)) ? drawn : request;
}

async function takes(engine: Engine, model: string, request: GenerateRequest): Promise<boolean> {
  try {
    await engine.validate(model, request);
    return true;
  } catch {
    return false; // what else is wrong with the request is said when it is run
  }
}
