import { extname } from 'node:path';
import type { GenerateRequest } from '@llmi/core';
import type { Engine } from '@llmi/engine';

/** Tasks whose answer can be drawn onto a copy of the picture. */
const drawnTasks = new Set(['object-detection', 'zero-shot-object-detection', 'image-segmentation', 'mask-generation', 'depth-estimation']);
const formats: Record<string, GenerateRequest['outputFormat']> = { '.png': 'png', '.jpg': 'jpeg', '.jpeg': 'jpeg', '.webp': 'webp' };

/** The request with a drawing asked for, when its answer goes into a picture file and is one that can be drawn. */
export async function withDrawing(engine: Engine, model: string, request: GenerateRequest, out: string): Promise<GenerateRequest> {
  const format = formats[extname(out).toLowerCase()];
  if (format === undefined || request.outputFormat !== undefined) return request;
  const { tasks } = await engine.describe(model);
  return tasks.some((task) => drawnTasks.has(task)) ? { ...request, outputFormat: format } : request;
}
