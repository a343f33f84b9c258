import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ResultOf } from '@llmi/core';
import { decodeImage, encodeImage, toGrey } from '@llmi/media';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadVision, type VisionHandler } from '../src/index.js';
import { noise } from './noise.js';

interface Case {
  size: [number, number];
  points: number[][];
  boxes?: number[][];
  masks: { score: number; pixels: number; places: number[] }[];
}

const fixtures = join(import.meta.dirname, 'fixtures');
const casesOf = (file: string) => (JSON.parse(readFileSync(join(fixtures, file), 'utf8')) as { cases: Case[] }).cases.map((golden) => [`${golden.size.join('x')} at ${JSON.stringify(golden.points)} in ${JSON.stringify(golden.boxes ?? [])}`, golden] as const);
const png = async (size: [number, number]) => Buffer.from(await encodeImage(noise(...size), { format: 'png' })).toString('base64');
const bytesOf = async (mask: string) => toGrey(await decodeImage(Buffer.from(mask, 'base64'))).data;

/** Masks of each box, the surest first. */
async function expectMasks(segments: ResultOf<'segmentation'>['segments'], { size, boxes = [], masks }: Case): Promise<void> {
  const each = masks.length / Math.max(1, boxes.length);
  const expected = Array.from({ length: masks.length / each }, (_, box) => masks.slice(box * each, (box + 1) * each).sort((left, right) => right.score - left.score)).flat();
  expect(segments).toHaveLength(expected.length);
  for (const [index, { score, mask }] of segments.entries()) {
    const { score: sure, pixels, places } = expected[index]!;
    expect(Math.abs(score! - sure)).toBeLessThan(1e-3);
    const data = await bytesOf(mask);
    expect(data).toHaveLength(size[0] * size[1]);
    expect(Math.abs(data.filter((value) => value === 255).length - pixels)).toBeLessThanOrEqual(2);
    const at = places.map((_value, place) => Math.trunc((place * (data.length - 1)) / (places.length - 1)));
    expect(places.filter((value, place) => (data[at[place]!] === 255 ? 1 : 0) !== value).length).toBeLessThanOrEqual(1);
  }
}

describe('masks at places of a picture', () => {
  let handler: VisionHandler;
  beforeAll(async () => void (handler = await loadVision(join(fixtures, 'sam'), { threads: 1 })));
  afterAll(() => handler[Symbol.asyncDispose]());
  const ask = async (request: object) => (await handler.processImage(request)) as ResultOf<'segmentation'>;

  it.each(casesOf('segment-anything.json'))('are those of the reference: %s', async (_, golden) => {
    await expectMasks((await ask({ image: await png(golden.size), points: golden.points })).segments, golden);
  });

  it('see a picture once, whatever is asked about it', async () => {
    const image = await png([90, 60]);
    const first = await ask({ image, points: [[10, 10]], topK: 1 });
    await ask({ image, points: [[50, 40]] });
    expect((await ask({ image, points: [[10, 10]], topK: 1 })).segments).toEqual(first.segments);
    expect(first.segments).toHaveLength(1);
    expect((await ask({ image, points: [[10, 10]], outputFormat: 'png' })).drawing).toBeDefined();
  });

  it.each([
    [{}, 'points'],
    [{ points: [] }, 'points'],
    [{ points: [[1]] }, 'points[0]'],
    [{ points: [[1, 2, 3]] }, 'points[0]'],
    [{ points: [[1, 2], [1, 2, 1, 4]] }, 'points[1]'],
    [{ points: [[91, 2]] }, 'points[0]'],
    [{ points: [[-1, 2]] }, 'points[0]'],
  ])('are refused for %j', async (request, param) => {
    await expect(ask({ image: await png([90, 60]), ...request })).rejects.toMatchObject({ code: 'INPUT_INVALID', param });
  });

  it('cannot be had for boxes, which the graph does not take', async () => {
    await expect(ask({ image: await png([90, 60]), boxes: [[0, 0, 5, 5]] })).rejects.toMatchObject({ code: 'INPUT_UNSUPPORTED', param: 'boxes' });
  });
});

describe('masks in boxes and at places, of SAM 2', () => {
  let handler: VisionHandler;
  beforeAll(async () => void (handler = await loadVision(join(fixtures, 'sam2'), { threads: 1 })));
  afterAll(() => handler[Symbol.asyncDispose]());
  const ask = async (request: object) => (await handler.processImage(request)) as ResultOf<'segmentation'>;

  it.each(casesOf('segment-anything-2.json'))('are those of the reference: %s', async (_, golden) => {
    const { size, points, boxes = [] } = golden;
    await expectMasks((await ask({ image: await png(size), ...(points.length > 0 ? { points } : {}), ...(boxes.length > 0 ? { boxes } : {}) })).segments, golden);
  });

  it.each([
    [{ boxes: [[5, 5, 5, 9]] }, 'boxes[0]'],
    [{ boxes: [[1, 1, 9, 9], [5, 5, 91, 9]] }, 'boxes[1]'],
    [{ boxes: [[1, 1, 9, 9], [5, 5, 9, 9]], points: [[1, 2]] }, 'boxes'],
    [{ boxes: [] }, 'points'],
  ])('are refused for %j', async (request, param) => {
    await expect(ask({ image: await png([90, 60]), ...request })).rejects.toMatchObject({ code: 'INPUT_INVALID', param });
  });
});
