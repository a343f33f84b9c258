import { rmSync } from 'node:fs';
import { OnnxSession } from '@llmi/runtime-onnx';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DiffusionPipeline } from '../src/index.js';
import { tinyFiles, writeFiles } from './tiny-diffusion.js';

const folders: string[] = [];
const folder = () => {
  folders.push(writeFiles(tinyFiles()));
  return folders.at(-1)!;
};

afterEach(() => {
  vi.restoreAllMocks();
  folders.splice(0).forEach((path) => rmSync(path, { recursive: true }));
});

/** Counts sessions as they are loaded and freed. */
function watchSessions(): { loaded: number; now: number; most: number } {
  const counts = { loaded: 0, now: 0, most: 0 };
  const load = OnnxSession.load.bind(OnnxSession);
  vi.spyOn(OnnxSession, 'load').mockImplementation(async (...args) => {
    const session = await load(...args);
    counts.loaded++;
    counts.most = Math.max(counts.most, ++counts.now);
    const dispose = session[Symbol.asyncDispose].bind(session);
    session[Symbol.asyncDispose] = async () => {
      counts.now--;
      await dispose();
    };
    return session;
  });
  return counts;
}

const request = { prompt: 'a', numInferenceSteps: 2, seed: 1 };

describe('the parts of a model', () => {
  it('are loaded once, and freed at the end', async () => {
    const counts = watchSessions();
    const pipeline = await DiffusionPipeline.load(folder(), { threads: 1 });
    await pipeline.preload();
    expect(counts).toEqual({ loaded: 3, now: 3, most: 3 });
    await Promise.all([pipeline.run(request), pipeline.run(request)]);
    expect(counts).toEqual({ loaded: 3, now: 3, most: 3 });
    await pipeline[Symbol.asyncDispose]();
    expect(counts.now).toBe(0);
  });

  it('are loaded in turn where memory is short, never two at a time', async () => {
    const counts = watchSessions();
    const pipeline = await DiffusionPipeline.load(folder(), { threads: 1, memory: 'low' });
    await pipeline.preload();
    await pipeline.run({ ...request, image: { width: 64, height: 64, channels: 3, data: new Uint8Array(64 * 64 * 3) }, strength: 1, wantsPreview: () => true });
    expect(counts).toEqual({ loaded: 4, now: 0, most: 1 });
  });

  it('are freed when a run is left early', async () => {
    const counts = watchSessions();
    const pipeline = await DiffusionPipeline.load(folder(), { threads: 1, memory: 'low' });
    for await (const event of pipeline.generate(request)) if (event.type === 'step') break;
    expect(counts.now).toBe(0);
  });
});

describe('a pipeline', () => {
  it('takes a batch of prompts, and gives latents', async () => {
    await using pipeline = await DiffusionPipeline.load(folder(), { threads: 1 });
    const { latents, pictures } = await pipeline.run({ ...request, prompt: ['a', 'b'], numImagesPerPrompt: 2, output: 'latents' });
    expect([latents.shape, pictures]).toEqual([[4, 4, 8, 8], []]);
  });

  it('shows previews when they are wanted', async () => {
    await using pipeline = await DiffusionPipeline.load(folder(), { threads: 1 });
    const sizes: (number | undefined)[] = [];
    for await (const event of pipeline.generate({ ...request, numInferenceSteps: 3, wantsPreview: () => sizes.length > 0 })) if (event.type === 'step') sizes.push(event.preview?.width);
    expect(sizes).toEqual([undefined, 8, undefined]);
  });

  it('decodes in tiles what a whole decoder would', async () => {
    await using pipeline = await DiffusionPipeline.load(folder(), { threads: 1 });
    const large = { ...request, width: 160, height: 112 };
    const [whole, tiled] = [await pipeline.run({ ...large, vaeTiling: false }), await pipeline.run({ ...large, vaeTiling: true })];
    expect(tiled.pictures[0]!.data.every((byte, index) => Math.abs(byte - whole.pictures[0]!.data[index]!) <= 1)).toBe(true);
  });
});
