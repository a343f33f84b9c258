import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GenerateRequest, ResultOf } from '@llmi/core';
import { encodeImage } from '@llmi/media';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { placesOf, readRegions } from '../src/florence/read-answer.js';
import { askFlorence, florenceTasks } from '../src/florence/tasks.js';
import { loadMultimodal, type MultimodalHandler } from '../src/index.js';

interface Read {
  task: string;
  size: [number, number];
  text: string;
  read: string | { bboxes?: number[][]; labels?: string[]; quad_boxes?: number[][]; polygons?: number[][][]; bboxes_labels?: string[]; polygons_labels?: string[] };
}
const fixtures = join(import.meta.dirname, 'fixtures');
const golden = JSON.parse(readFileSync(join(fixtures, 'florence2.json'), 'utf8')) as {
  prompts: [string, string][];
  cases: { seed: number; size: [number, number]; text: string; prompt: number[]; decoded: string }[];
  reads: Read[];
};

/** A picture of noise: the upper 8 bits of a linear congruential generator (Numerical Recipes), as the script in fixtures/ makes it. */
async function noise(seed: number, [width, height]: [number, number]): Promise<string> {
  let state = seed;
  const data = Uint8Array.from({ length: width * height * 3 }, () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 24);
  return Buffer.from(await encodeImage({ width, height, channels: 3, data }, { format: 'png' })).toString('base64');
}

describe('Florence-2', () => {
  let handler: MultimodalHandler;
  beforeAll(async () => void (handler = await loadMultimodal(join(fixtures, 'florence2'), { threads: 1 })));
  afterAll(() => handler[Symbol.asyncDispose]());
  const ask = async (request: GenerateRequest) => (await handler.generateText(request)) as ResultOf<'multimodal_response'>;

  it.each(golden.cases.map((one) => [one.text, one] as const))('answers %s as the reference, with the beams that its files ask for', async (_, { seed, size, text, prompt, decoded }) => {
    const answer = await ask({ image: await noise(seed, size), prompt: text, maxTokens: 12 });
    expect(answer.text).toBe(decoded.replace(/<s>|<\/s>|<pad>/g, ''));
    expect(answer.usage.promptTokens).toBeGreaterThan(prompt.length);
  });

  it('has its tasks as modes, and takes a box in pixels', async () => {
    const { seed, size, decoded } = golden.cases.find(({ text }) => text.startsWith('<REGION_TO_OCR>'))!;
    const [width, height] = size;
    const box = [(1.5 / 1000) * width, (2.5 / 1000) * height, 0.5005 * width, height];
    expect((await ask({ image: await noise(seed, size), mode: 'region_to_ocr', boxes: [box], maxTokens: 12 })).text).toBe(decoded.replace(/<s>|<\/s>|<pad>/g, ''));
    expect(Object.keys(handler.getModeDescriptions())).toEqual(['auto', ...Object.keys(florenceTasks)]);
    const found = await ask({ image: await noise(2, [97, 61]), mode: 'od', maxTokens: 12 });
    expect(found.regions).toEqual(readRegions(found.text, 'boxes', { width: 97, height: 61 }));
  });

  it.each<[GenerateRequest, string]>([
    [{ prompt: '<OD>' }, 'image'],
    [{ images: ['a', 'b'], mode: 'od' }, 'images'],
    [{ image: 'a', mode: 'caption_to_phrase_grounding' }, 'prompt'],
    [{ image: 'a', mode: 'od', prompt: 'cats' }, 'prompt'],
    [{ image: 'a', mode: 'region_to_ocr', boxes: [] }, 'boxes'],
  ])('refuses %j', (request, param) => {
    expect(handler.validateInputs(request)).toMatchObject({ ok: false, code: 'INPUT_INVALID', param });
  });

  it('refuses conversations and unknown modes', () => {
    expect(handler.validateInputs({ messages: [{ role: 'user', content: 'Hi' }] })).toMatchObject({ code: 'INPUT_UNSUPPORTED', param: 'messages' });
    expect(handler.validateInputs({ image: 'a', mode: 'chat' })).toMatchObject({ code: 'MODE_UNSUPPORTED' });
  });
});

describe('prompts of Florence-2', () => {
  it.each(golden.prompts)('%s', (text, prompt) => {
    expect(askFlorence({ prompt: text }, undefined).prompt).toBe(prompt);
  });
});

describe('answers of Florence-2', () => {
  const corners = ([xmin, ymin, xmax, ymax]: number[]) => ({ xmin: xmin!, ymin: ymin!, xmax: xmax!, ymax: ymax! });
  const named = (labels: string[] = [], parts: object[] = []) => labels.map((label, index) => ({ label, ...parts[index] }));
  const options = { banned: new Set(['it', 'the image']), leastArea: 0.01 };

  it.each(golden.reads.map((read, index) => [`${index} ${read.task} ${read.text}`, read] as const))('%s', (_, { task, size: [width, height], text, read }) => {
    const regions = readRegions(text, florenceTasks[task.slice(1, -1).toLowerCase()]!.kind, { width, height }, options);
    if (typeof read === 'string') return expect(regions).toBeUndefined();
    const boxes = named(read.bboxes_labels ?? (read.bboxes ? read.labels : undefined), read.bboxes?.map((one) => ({ box: corners(one) })));
    const quads = named(read.quad_boxes ? read.labels : undefined, read.quad_boxes?.map((quad) => ({ quad })));
    const outlines = named(read.polygons_labels ?? (read.polygons ? read.labels : undefined), read.polygons?.map((polygons) => ({ polygons })));
    expect(regions).toEqual([...boxes, ...quads, ...outlines]);
  });

  it('tell places in thousandths', () => {
    expect(placesOf([0, 10, 99.9, 50], { width: 100, height: 50 })).toBe('<loc_0><loc_200><loc_999><loc_999>');
  });
});
