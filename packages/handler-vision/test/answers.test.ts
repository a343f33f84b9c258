import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { modelInfoSchema } from '@llmi/core';
import { decodeImage, toGrey } from '@llmi/media';
import { describe, expect, it } from 'vitest';
import type { PreparedImage } from '../src/preprocess/prepare-image.js';
import { detectTask } from '../src/tasks/detect.js';
import { segmentTask } from '../src/tasks/segment.js';
import type { BatchTask, ImageAnswer, TaskContext, VisionOptions } from '../src/tasks/vision-task.js';
import type { GraphOutputs } from '../src/vision-graph.js';

interface Case {
  kind: 'detection' | 'panoptic' | 'instance' | 'semantic';
  model_type: string;
  outputs: Record<string, { shape: number[]; data: number[] }>;
  expect: { label: number; score: number | null; box?: number[]; pixels?: number }[];
}

const { cases, size } = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures', 'answers.json'), 'utf8')) as { cases: Case[]; size: [number, number] };
const source = { width: size[1], height: size[0] };
const image: PreparedImage = { planes: new Float32Array(0), channels: 3, width: 64, height: 64, content: { width: 64, height: 64 }, source };
const options: VisionOptions = { mode: 'auto', topK: Infinity, threshold: 0.5, labels: [], template: '', points: [], boxes: [], pooling: undefined, normalize: false, drawing: undefined };

/** A context whose graph has these outputs; it is not run. */
function contextOf(outputs: Case['outputs'], modelType: string, count: number): TaskContext {
  const values = Object.entries(outputs).map(([name, { shape }]) => ({ name, dtype: 'float32', shape: [1, ...shape] }));
  const graph = { outputNames: Object.keys(outputs), session: { outputs: values } };
  const model = modelInfoSchema.parse({ id: 'org/model', source: 'hub', files: [], modelType });
  return { model, graph, folder: '', labels: { count, nameOf: (index: number) => String(index) } } as unknown as TaskContext;
}

const asOutputs = (outputs: Case['outputs']): GraphOutputs => Object.fromEntries(Object.entries(outputs).map(([name, { shape, data }]) => [name, { shape, data: Float32Array.from(data) }]));

type Answer<Type extends ImageAnswer['type']> = Extract<ImageAnswer, { type: Type }>;

describe('outputs of graphs are read as transformers reads them', () => {
  for (const { kind, model_type, outputs, expect: expected } of cases.filter((one) => one.kind === 'detection')) {
    it(`${model_type}: ${kind}`, async () => {
      const task = detectTask(contextOf(outputs, model_type, 4)) as BatchTask;
      const { objects } = (await task.answer(asOutputs(outputs), image, options)) as Answer<'detection'>;
      expect(objects.map(({ label }) => Number(label))).toEqual(expected.map(({ label }) => label));
      for (const [index, { score, box }] of objects.entries()) {
        expect(score).toBeCloseTo(expected[index]!.score!, 4);
        [box.xmin, box.ymin, box.xmax, box.ymax].forEach((edge, side) => expect(edge).toBeCloseTo(expected[index]!.box![side]!, 2));
      }
    });
  }

  for (const { kind, model_type, outputs, expect: expected } of cases.filter((one) => one.kind !== 'detection')) {
    it(`${model_type}: ${kind}`, async () => {
      const task = segmentTask(contextOf(outputs, model_type, 4)) as BatchTask;
      const { segments } = (await task.answer(asOutputs(outputs), image, { ...options, mode: kind })) as Answer<'segmentation'>;
      const reference = kind === 'instance' ? expected.toSorted((left, right) => right.score! - left.score!) : expected;
      expect(segments.map(({ label }) => Number(label))).toEqual(reference.map(({ label }) => label));
      let [painted, wanted] = [0, 0];
      for (const [index, { score, mask }] of segments.entries()) {
        const { score: referenceScore, pixels } = reference[index]!;
        if (score === null) expect(referenceScore).toBeNull();
        else expect(score).toBeCloseTo(referenceScore!, 4);
        const { data, width, height } = toGrey(await decodeImage(Buffer.from(mask, 'base64')));
        expect({ width, height }).toEqual(source);
        const inside = data.filter((byte) => byte === 255).length;
        // Which of two overlapping instances is on top is open in the reference; together they cover the same.
        if (kind !== 'instance') expect(Math.abs(inside - pixels!)).toBeLessThanOrEqual(2);
        [painted, wanted] = [painted + inside, wanted + pixels!];
      }
      expect(Math.abs(painted - wanted)).toBeLessThanOrEqual(4);
    });
  }
});
