import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ResultOf } from '@llmi/core';
import { decodeImage, sniffImageFormat, toGrey } from '@llmi/media';
import { OnnxSession } from '@llmi/runtime-onnx';
import { describe, expect, it } from 'vitest';
import { tasksOf } from '../src/find-tasks.js';
import { loadVision } from '../src/index.js';
import { readModelFolder } from '@llmi/runtime-onnx';
import { folderLayout } from '../src/folder-layout.js';
import { chooseOnnx } from '../src/onnx-files.js';
import { choosePlan } from '../src/preprocess/choose-plan.js';
import { prepareImage } from '../src/preprocess/prepare-image.js';
import { VisionGraph } from '../src/vision-graph.js';

const shared = process.env.LLMI_SHARED ?? join(import.meta.dirname, '..', '..', '..', '..', 'shared');
const fixtures = join(shared, 'fixtures');

interface Summary {
  shape: number[];
  first8: number[];
  norm: number;
  mean: number;
  argmax: number;
}
interface Case {
  id: string;
  inputs: { image: string; threshold?: number; labels?: string[]; hypothesis_template?: string };
  expect: Record<string, unknown> & { pixel_values: Summary };
}

const golden = (repo: string) => JSON.parse(readFileSync(join(fixtures, 'golden', `${repo}.json`), 'utf8')) as { cases: Case[] };
const folderOf = (repo: string) => join(fixtures, 'hub', 'llmi-fixtures', repo);
const asset = (path: string) => readFileSync(join(fixtures, 'golden', path));
const base64 = (path: string) => asset(path).toString('base64');

/** A tensor against the summary of the reference's, which holds shape, first values, length, mean and place of the largest. */
function expectLike(data: Float32Array, shape: readonly number[], expected: Summary, tolerance: number): void {
  expect(shape).toEqual(expected.shape);
  expected.first8.forEach((value, index) => expect(Math.abs(data[index]! - value)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(value))));
  const norm = Math.sqrt(data.reduce((sum, value) => sum + value * value, 0));
  expect(Math.abs(norm - expected.norm)).toBeLessThanOrEqual(1e-4 * expected.norm);
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  expect(Math.abs(mean - expected.mean)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(mean)));
  expect(Math.abs(data[expected.argmax]! - Math.max(...data))).toBeLessThanOrEqual(tolerance);
}

/** What the graph sees and says of a picture, without any reading of the answer. */
async function rawRun(repo: string, image: string, output: string) {
  const folder = folderOf(repo);
  const model = await readModelFolder(folder, folderLayout);
  const session = await OnnxSession.load(join(folder, chooseOnnx(model).path), { threads: 1 });
  try {
    const graph = new VisionGraph(session);
    const prepared = prepareImage(await decodeImage(asset(image)), choosePlan(model, tasksOf(model)![0]!, graph.input));
    if (graph.session.inputs.some(({ name }) => name === 'input_ids')) return { prepared, outputs: undefined }; // texts are compared end to end below
    return { prepared, outputs: (await graph.run([prepared], [output]))[0]![output]! };
  } finally {
    await session[Symbol.asyncDispose]();
  }
}

const repos: [repo: string, output: string][] = [
  ['tiny-vit', 'logits'],
  ['tiny-yolos', 'logits'],
  ['tiny-segformer', 'logits'],
  ['tiny-depth-anything', 'predicted_depth'],
  ['tiny-clip', 'logits_per_image'],
];

describe.skipIf(!existsSync(fixtures))('golden fixtures', () => {
  for (const [repo, output] of existsSync(fixtures) ? repos : []) {
    for (const { id, inputs, expect: expected } of golden(repo).cases) {
      it(`${repo} ${id}: sees the pixels of the reference, and its graph says the same`, async () => {
        const { prepared, outputs } = await rawRun(repo, inputs.image, output);
        expectLike(prepared.planes, [1, prepared.channels, prepared.height, prepared.width], expected.pixel_values, 1e-4);
        const logits = expected[output] as Summary | number[] | undefined;
        if (outputs && Array.isArray(logits)) logits.forEach((value, index) => expect(Math.abs(outputs.data[index]! - value)).toBeLessThan(2e-3));
        else if (outputs && logits) expectLike(outputs.data, [1, ...outputs.shape], logits as Summary, 2e-3);
      });
    }
  }

  const answer = async (repo: string, request: object) => {
    const handler = await loadVision(folderOf(repo), { threads: 1 });
    try {
      return await handler.processImage(request);
    } finally {
      await handler[Symbol.asyncDispose]();
    }
  };

  it('tiny-vit: classes and scores', async () => {
    const [{ inputs, expect: expected }] = golden('tiny-vit').cases as [Case];
    const { labels } = (await answer('tiny-vit', { images: [base64(inputs.image)] })) as ResultOf<'classification'>;
    const scores = expected.scores as { label: string; score: number }[];
    expect(labels.map(({ label }) => label)).toEqual(scores.map(({ label }) => label));
    labels.forEach(({ score }, index) => expect(Math.abs(score - scores[index]!.score)).toBeLessThan(1e-3));
  });

  it('tiny-yolos: objects and boxes', async () => {
    const [{ inputs, expect: expected }] = golden('tiny-yolos').cases as [Case];
    const { objects, drawing } = (await answer('tiny-yolos', { images: [base64(inputs.image)], threshold: inputs.threshold, outputFormat: 'png' })) as ResultOf<'detection'>;
    const detections = expected.detections as { label: string; score: number; box: number[] }[];
    expect(objects.map(({ label }) => label)).toEqual(detections.map(({ label }) => label));
    objects.forEach(({ score, box }, index) => {
      expect(Math.abs(score - detections[index]!.score)).toBeLessThan(1e-3);
      [box.xmin, box.ymin, box.xmax, box.ymax].forEach((edge, side) => expect(Math.abs(edge - detections[index]!.box[side]!)).toBeLessThan(1));
    });
    expect(sniffImageFormat(Buffer.from(drawing!, 'base64'))).toBe('png');
  });

  it('tiny-segformer: masks', async () => {
    const [{ inputs, expect: expected }] = golden('tiny-segformer').cases as [Case];
    const { segments } = (await answer('tiny-segformer', { images: [base64(inputs.image)] })) as ResultOf<'segmentation'>;
    const map = toGrey(await decodeImage(asset(expected.class_map as string))).data;
    const names = Object.keys(expected.shares as Record<string, number>);
    expect(segments.map(({ label }) => label)).toEqual(names.filter((_, index) => map.includes(index)));
    for (const { label, mask } of segments) {
      const { data } = toGrey(await decodeImage(Buffer.from(mask, 'base64')));
      const wanted = map.map((value) => (value === names.indexOf(label) ? 255 : 0));
      const both = data.filter((value, index) => value === 255 && wanted[index] === 255).length;
      const either = data.filter((value, index) => value === 255 || wanted[index] === 255).length;
      expect(both / either).toBeGreaterThan(0.99);
    }
  });

  it('tiny-depth-anything: depth', async () => {
    const [{ inputs, expect: expected }] = golden('tiny-depth-anything').cases as [Case];
    const { image, min, max } = (await answer('tiny-depth-anything', { images: [base64(inputs.image)] })) as ResultOf<'depth'>;
    expect(Math.abs(min - (expected.min as number))).toBeLessThan(1e-3 * (expected.max as number));
    expect(Math.abs(max - (expected.max as number))).toBeLessThan(1e-3 * (expected.max as number));
    const { data, width, height } = toGrey(await decodeImage(Buffer.from(image, 'base64')));
    const { shape, first8 } = expected.resized as Summary;
    expect([height, width]).toEqual(shape);
    first8.forEach((value, index) => expect(Math.abs((data[index]! * (max - min)) / 255 + min - value)).toBeLessThan((max - min) / 255 + 1e-3 * max));
  });

  it('tiny-clip: labels of its own, and vectors of pictures', async () => {
    const [{ inputs, expect: expected }] = golden('tiny-clip').cases as [Case];
    const request = { images: [base64(inputs.image)], labels: inputs.labels, prompt: inputs.hypothesis_template };
    const { labels } = (await answer('tiny-clip', request)) as ResultOf<'classification'>;
    expect(labels.map(({ label }) => label)).toEqual(expected.order);
    for (const { label, score } of labels) expect(Math.abs(score - (expected.scores as number[])[inputs.labels!.indexOf(label)]!)).toBeLessThan(1e-3);
    const { embeddings } = (await answer('tiny-clip', { images: [base64(inputs.image)], task: 'image-feature-extraction', normalize: true })) as ResultOf<'embedding'>;
    (expected.image_embeds_normalized as number[][])[0]!.forEach((value, index) => expect(Math.abs(embeddings[0]![index]! - value)).toBeLessThan(1e-4));
  });
});
