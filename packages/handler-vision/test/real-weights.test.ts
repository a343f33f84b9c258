import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GenerateRequest, ResultOf } from '@llmi/core';
import { cropImage, decodeImage, encodeImage, resizeImage, type PixelImage } from '@llmi/media';
import { describe, expect, it } from 'vitest';
import { loadVision } from '../src/index.js';

const weights = join(process.env.LLMI_SHARED ?? join(import.meta.dirname, '..', '..', '..', '..', 'shared'), 'weights');
const base64 = (path: string) => readFileSync(join(weights, path)).toString('base64');

async function answer(model: string, request: GenerateRequest) {
  const handler = await loadVision(join(weights, model), { threads: 1 });
  try {
    return await handler.processImage(request);
  } finally {
    await handler[Symbol.asyncDispose]();
  }
}

/** Peak signal to noise ratio in decibels: how near two pictures are. */
function likeness(one: PixelImage, other: PixelImage): number {
  const error = one.data.reduce((sum, byte, at) => sum + (byte - other.data[at]!) ** 2, 0) / one.data.length;
  return 10 * Math.log10(255 ** 2 / error);
}

describe.skipIf(!existsSync(weights))('trained models', () => {
  it('mobilenet: the dog is a Samoyed, the cat Egyptian, the cup an espresso', async () => {
    const images = ['dog.jpg', 'chelsea.png', 'coffee.png'].map((name) => base64(`samples/${name}`));
    const { results } = (await answer('mobilenetv2-imagenet', { images })) as ResultOf<'classification'>;
    const reference = (JSON.parse(readFileSync(join(weights, 'mobilenetv2-imagenet', 'reference.json'), 'utf8')) as { top5: Record<string, Record<string, [string, number][]>> }).top5['mobilenetv2-12-qdq.onnx']!;
    for (const [index, expected] of Object.values(reference).entries()) {
      expect(results![index]!.labels[0]!.label).toBe(expected[0]![0]);
      expect(Math.abs(results![index]!.labels[0]!.score - expected[0]![1])).toBeLessThan(0.02); // bytes are rounded otherwise on other processors
    }
  });

  it('yolox: finds the dog, the car and the bicycle', async () => {
    const { objects } = (await answer('yolox-nano', { image: base64('yolox-nano/dog.jpg') })) as ResultOf<'detection'>;
    const { detections } = JSON.parse(readFileSync(join(weights, 'yolox-nano', 'reference.json'), 'utf8')) as { detections: { label: string; score: number; box: number[] }[] };
    const expected = detections.filter(({ score }) => score > 0.5);
    expect(objects.map(({ label }) => label)).toEqual(expected.map(({ label }) => label));
    objects.forEach(({ score, box }, index) => {
      expect(Math.abs(score - expected[index]!.score)).toBeLessThan(0.005);
      [box.xmin, box.ymin, box.xmax, box.ymax].forEach((edge, side) => expect(Math.abs(edge - expected[index]!.box[side]!)).toBeLessThan(1.5));
    });
  });

  it('super-resolution: three times as large, in tiles, and the same picture', async () => {
    const picture = await decodeImage(readFileSync(join(weights, 'samples', 'chelsea.png')));
    const whole = cropImage(picture, { left: 30, top: 0, width: 390, height: 300 });
    const small = resizeImage(whole, { width: 130 * 2, height: 100 * 2, filter: 'bicubic' });
    const { image, metadata } = (await answer('super-resolution', { image: Buffer.from(await encodeImage(small)).toString('base64') })) as ResultOf<'image'>;
    expect(metadata).toMatchObject({ width: 780, height: 600, format: 'png' });
    const large = await decodeImage(Buffer.from(image, 'base64'));
    expect(likeness(resizeImage(large, { width: 260, height: 200, filter: 'bicubic' }), small)).toBeGreaterThan(35);
  });
});
