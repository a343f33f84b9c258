import { modelInfoSchema } from '@llmi/core';
import { describe, expect, it } from 'vitest';
import type { PreparedImage } from '../preprocess/prepare-image.js';
import type { BatchTask, TaskContext, VisionOptions } from './vision-task.js';
import { gridCells, yoloTask } from './yolo.js';

// Seen at 64 x 64, of which 64 x 32 is picture; the picture itself is twice as large.
const image: PreparedImage = { planes: new Float32Array(0), channels: 3, width: 64, height: 64, content: { width: 64, height: 32 }, source: { width: 128, height: 64 } };
const options: VisionOptions = { mode: 'auto', topK: Infinity, threshold: undefined, labels: [], template: '', points: [], boxes: [], pooling: undefined, normalize: false, drawing: undefined };

async function detect(shape: [number, number], classes: number, fill: (data: Float32Array) => void) {
  const graph = { session: { outputs: [{ name: 'output0', dtype: 'float32', shape: [1, ...shape] }] } };
  const names = ['cat', 'dog', 'cow'];
  const model = modelInfoSchema.parse({ id: 'org/model', source: 'hub', files: [] });
  const task = yoloTask({ graph, model, folder: '', labels: { count: classes, nameOf: (index: number) => names[index]! } } as unknown as TaskContext) as BatchTask;
  const data = new Float32Array(shape[0] * shape[1]);
  fill(data);
  const answer = await task.answer({ output0: { data, shape } }, image, options);
  return answer.type === 'detection' ? answer.objects : [];
}

const box = { xmin: 20, ymin: 16, xmax: 60, ymax: 40 }; // middle 20, 14; 20 wide, 12 high as the graph sees it

describe('yoloTask', () => {
  it('reads middles and sizes with objectness (YOLOv5)', async () => {
    const objects = await detect([300, 8], 3, (data) => data.set([20, 14, 20, 12, 0.9, 0.1, 0.8, 0], 8));
    expect(objects).toEqual([{ label: 'dog', score: expect.closeTo(0.72, 5) as number, box }]);
  });

  it('reads columns of boxes without objectness (YOLOv8)', async () => {
    const objects = await detect([7, 84], 3, (data) => [20, 14, 20, 12, 0.1, 0, 0.75].forEach((value, row) => (data[row * 84 + 5] = value)));
    expect(objects).toEqual([{ label: 'cow', score: 0.75, box }]);
  });

  it('reads corners that need no suppression (YOLOv10)', async () => {
    const objects = await detect([300, 6], 3, (data) => data.set([10, 8, 30, 20, 0.75, 1, 10, 8, 30, 20, 0.625, 1]));
    expect(objects).toEqual([{ label: 'dog', score: 0.75, box }, { label: 'dog', score: 0.625, box }]);
  });

  it('reads cells and logarithms (YOLOX)', async () => {
    // cell 10 of the first grid of 8 x 8 cells of 8 pixels: second row, third column
    const cell = [20 / 8 - 2, 14 / 8 - 1, Math.log(20 / 8), Math.log(12 / 8), 1, 0.75, 0, 0];
    const [object] = await detect([gridCells(image, 3), 8], 3, (data) => data.set(cell, 10 * 8));
    expect(object).toMatchObject({ label: 'cat', score: 0.75 });
    for (const side of ['xmin', 'ymin', 'xmax', 'ymax'] as const) expect(object!.box[side]).toBeCloseTo(box[side], 4);
  });

  it('keeps the surest of boxes that overlap, label by label', async () => {
    const objects = await detect([300, 8], 3, (data) => data.set([20, 14, 20, 12, 1, 0.9, 0, 0, 21, 14, 20, 12, 1, 0.8, 0, 0, 20, 14, 20, 12, 1, 0, 0.7, 0, 50, 14, 20, 12, 1, 0.6, 0, 0]));
    expect(objects.map(({ label, score }) => `${label} ${score.toFixed(1)}`)).toEqual(['cat 0.9', 'dog 0.7', 'cat 0.6']);
  });
});
