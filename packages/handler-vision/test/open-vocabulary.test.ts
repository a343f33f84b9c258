import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ResultOf } from '@llmi/core';
import { decodeImage, encodeImage } from '@llmi/media';
import { afterAll, describe, expect, it } from 'vitest';
import { groundingText, wordsOf } from '../src/tasks/grounding.js';
import { loadVision, type VisionHandler } from '../src/index.js';
import { prepareImage } from '../src/preprocess/prepare-image.js';
import { processorConfigSchema } from '../src/preprocess/processor-config.js';
import { readPlan } from '../src/preprocess/read-plan.js';
import { noise } from './noise.js';

interface Case {
  model: string;
  size: [number, number];
  labels: string[];
  threshold: number;
  pixels: { shape: number[]; places: number[]; values: number[] };
  objects: { label: string; score: number; box: number[] }[];
}

const fixtures = join(import.meta.dirname, 'fixtures');
const { cases } = JSON.parse(readFileSync(join(fixtures, 'open-vocabulary.json'), 'utf8')) as { cases: Case[] };
const models = new Map<string, VisionHandler>();
afterAll(async () => {
  for (const model of models.values()) await model[Symbol.asyncDispose]();
});
async function load(name: string): Promise<VisionHandler> {
  if (!models.has(name)) models.set(name, await loadVision(join(fixtures, name), { threads: 1 }));
  return models.get(name)!;
}
const png = async (size: [number, number]) => Buffer.from(await encodeImage(noise(...size), { format: 'png' })).toString('base64');

describe.each(cases.map((golden) => [`${golden.model}, ${golden.size.join('x')}`, golden] as const))('objects in plain words: %s', (_, { model, size, labels, threshold, pixels, objects }) => {
  it('sees the pixels of the reference', () => {
    const config: unknown = JSON.parse(readFileSync(join(fixtures, model, 'preprocessor_config.json'), 'utf8'));
    const { planes, channels, width, height } = prepareImage(noise(...size), readPlan(processorConfigSchema.parse(config)));
    expect([channels, height, width]).toEqual(pixels.shape);
    pixels.places.forEach((place, index) => expect(Math.abs(planes[place]! - pixels.values[index]!)).toBeLessThan(1e-4));
  });

  it('gives the boxes of the reference', async () => {
    const handler = await load(model);
    const result = (await handler.processImage({ image: await png(size), labels, threshold })) as ResultOf<'detection'>;
    expect(result.objects).toHaveLength(objects.length);
    // Those of nearly one score may change places.
    const expected = [...objects];
    for (const { label, score, box } of result.objects) {
      const at = expected.findIndex((one) => one.label === label && Math.abs(one.score - score) < 1e-3 && [box.xmin, box.ymin, box.xmax, box.ymax].every((side, index) => Math.abs(side - one.box[index]!) < 0.5));
      expect([label, score, at >= 0]).toEqual([label, score, true]);
      expected.splice(at, 1);
    }
  });
});

it('answers about several pictures, each with the texts, and draws', async () => {
  const handler = await load('owlvit');
  const images = await Promise.all([png([60, 50]), png([50, 60])]);
  const both = (await handler.processImage({ images, labels: ['a cat', 'x'], topK: 3, outputFormat: 'png' })) as ResultOf<'detection'>;
  expect(both.results).toHaveLength(2);
  for (const [index, image] of images.entries()) {
    const one = (await handler.processImage({ image, labels: ['a cat', 'x'], topK: 3 })) as ResultOf<'detection'>;
    expect(both.results![index]!.objects).toEqual(one.objects);
    expect(one.objects).toHaveLength(3);
    expect(await decodeImage(Buffer.from(both.results![index]!.drawing!, 'base64'))).toMatchObject(index === 0 ? { width: 60, height: 50 } : { width: 50, height: 60 });
  }
});

it('needs labels', async () => {
  const handler = await load('owlvit');
  expect(handler.getModelCapabilities()).toMatchObject({ tasks: ['zero-shot-object-detection'], inputModalities: ['image', 'text'] });
  await expect(handler.processImage({ image: await png([20, 20]) })).rejects.toMatchObject({ code: 'INPUT_INVALID', param: 'labels' });
});

describe('Grounding DINO', () => {
  it('reads all labels as one text', () => {
    expect(groundingText(['A cat', ' remote control. '])).toBe('a cat. remote control.');
  });

  it('names a box by the tokens that are sure of it, without the ends', () => {
    const logits = Float32Array.from([5, 2, -0.5, -3, 4, 5]);
    expect(wordsOf(logits, [101, 11, 12, 13, 14, 102])).toEqual([11, 12, 14]);
  });
});
