import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Message, ResultOf } from '@llmi/core';
import { encodeImage, type PixelImage } from '@llmi/media';
import { readModelFolder } from '@llmi/runtime-onnx';
import { TextTokenizer } from '@llmi/runtime-transformers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folderLayout } from '../src/folder-layout.js';
import { loadMultimodal, type MultimodalHandler } from '../src/index.js';
import { readMultimodalConfig, type MultimodalConfig } from '../src/multimodal-config.js';
import { fitPatches } from '../src/patches.js';
import { ropePositions } from '../src/rope-positions.js';

type Part = { type: 'image' } | { type: 'text'; text: string };
interface Case {
  name: string;
  seeds: number[];
  messages: { role: 'system' | 'user' | 'assistant'; content: string | Part[] }[];
  ids: number[];
  answer: number[];
  text: string;
  positions: number[][];
  pixels?: { grids: [number, number, number][]; shape: [number, number]; places: number[]; values: number[] };
}

const fixtures = join(import.meta.dirname, 'fixtures');
const folder = join(fixtures, 'qwen2-vl');
const golden = JSON.parse(readFileSync(join(fixtures, 'qwen2-vl.json'), 'utf8')) as { size: [number, number]; sizes: { size: [number, number]; grid: number[] }[]; cases: Case[] };

/** A picture of noise: the upper 8 bits of a linear congruential generator (Numerical Recipes), as the script in fixtures/ makes it. */
function noise(seed: number): PixelImage {
  const [width, height] = golden.size;
  let state = seed;
  return { width, height, channels: 3, data: Uint8Array.from({ length: width * height * 3 }, () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 24) };
}
const url = async (seed: number) => `data:image/png;base64,${Buffer.from(await encodeImage(noise(seed), { format: 'png' })).toString('base64')}`;

async function messagesOf({ messages, seeds }: Case): Promise<Message[]> {
  const left = [...seeds];
  return Promise.all(messages.map(async ({ role, content }) => ({ role, content: typeof content === 'string' ? content : await Promise.all(content.map(async (part) => (part.type === 'text' ? part : { type: 'image_url' as const, image_url: { url: await url(left.shift()!) } }))) }) as Message));
}

describe('Qwen2-VL answers as the reference', () => {
  let handler: MultimodalHandler;
  let config: MultimodalConfig;
  beforeAll(async () => {
    handler = await loadMultimodal(folder, { threads: 1 });
    config = await readMultimodalConfig(await readModelFolder(folder, folderLayout), folder, await TextTokenizer.load(folder));
  });
  afterAll(() => handler[Symbol.asyncDispose]());

  it.each(golden.cases.map((one) => [one.name, one] as const))('about %s', async (_, one) => {
    const { text, usage } = (await handler.generateText({ messages: await messagesOf(one), temperature: 0, maxTokens: one.answer.length })) as ResultOf<'multimodal_response'>;
    expect(text).toBe(one.text);
    expect(usage).toMatchObject({ promptTokens: one.ids.length, completionTokens: one.answer.length });
  });

  it('with the same patches', () => {
    for (const { seeds, pixels } of golden.cases) {
      if (!pixels) continue;
      const prepared = seeds.map((seed) => config.prepare(noise(seed)));
      expect(prepared.map(({ grid }) => grid)).toEqual(pixels.grids);
      const all = Float32Array.from(prepared.flatMap(({ planes }) => [...planes]));
      expect(all).toHaveLength(pixels.shape[0] * pixels.shape[1]);
      pixels.places.forEach((place, index) => expect(Math.abs(all[place]! - pixels.values[index]!)).toBeLessThan(1e-4));
    }
  });

  it('with the same places of tokens', () => {
    for (const { ids, positions, pixels } of golden.cases) {
      const placesOf = ropePositions(ids, config.imageToken.id, pixels?.grids ?? [], 2);
      expect(placesOf(0, ids.length)).toEqual(positions);
      const next = Math.max(...positions.flat()) + 1;
      expect(placesOf(ids.length + 2, 2)).toEqual(Array.from({ length: 3 }, () => [next + 2, next + 3]));
    }
  });
});

describe('sizes of pictures', () => {
  it.each(golden.sizes.map(({ size, grid }) => [size.join(' by '), size, grid] as const))('%s become as many patches', (_, [width, height], [, rows, columns]) => {
    expect(fitPatches({ width, height }, 8, { least: 8 * 8 * 12, most: 8 * 8 * 30 })).toEqual({ width: columns! * 4, height: rows! * 4 });
  });

  it('of a line are refused', () => {
    expect(() => fitPatches({ width: 2010, height: 10 }, 28, { least: 3136, most: 1e6 })).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }) as Error);
  });
});
