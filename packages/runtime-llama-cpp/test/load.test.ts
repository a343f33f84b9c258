import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LlamaModel } from '../src/index.js';
import { tinyModel } from './tiny-model.js';

let tiny: Awaited<ReturnType<typeof tinyModel>>;
beforeAll(async () => {
  tiny = await tinyModel();
});
afterAll(() => tiny.remove());

const load = (path: string, options = {}) => LlamaModel.load(path, { device: 'cpu', ...options });

describe('what cannot be loaded is told by a code', () => {
  it('a file that is not there', async () => {
    await expect(load(join(tiny.folder, 'none.gguf'))).rejects.toMatchObject({ code: 'MODEL_FILE_MISSING', message: expect.stringContaining('none.gguf') as string });
  });

  it('a file that is no GGUF', async () => {
    const path = join(tiny.folder, 'text.gguf');
    writeFileSync(path, 'this is not a model');
    await expect(load(path)).rejects.toMatchObject({ code: 'MODEL_FILE_CORRUPT' });
  });

  it.each([0.95, 0.5, 0.05, 0.001])('a file cut to %f of its length', async (share) => {
    const path = join(tiny.folder, `cut-${share}.gguf`);
    copyFileSync(tiny.path, path);
    truncateSync(path, Math.floor(readFileSync(tiny.path).length * share));
    await expect(load(path)).rejects.toMatchObject({ code: 'MODEL_FILE_CORRUPT' });
  });

  it('a part of a split model that is not there', async () => {
    const path = join(tiny.folder, 'split-00001-of-00002.gguf');
    copyFileSync(tiny.path, path);
    await expect(load(path)).rejects.toMatchObject({ code: 'MODEL_FILE_MISSING', message: expect.stringContaining('split-00002-of-00002.gguf') as string });
  });

  it('lengths in the header that go beyond the file', async () => {
    const path = join(tiny.folder, 'lengths.gguf');
    for (const at of [8, 16, 24]) { // number of tensors, of metadata entries, length of the first key
      const bytes = readFileSync(tiny.path);
      bytes.writeBigUInt64LE(2n ** 40n, at);
      writeFileSync(path, bytes);
      await expect(load(path)).rejects.toMatchObject({ code: 'MODEL_FILE_CORRUPT' });
    }
  });

  it('an architecture that llama.cpp does not know', async () => {
    const path = join(tiny.folder, 'unknown.gguf');
    writeFileSync(path, Buffer.from(readFileSync(tiny.path).toString('latin1').replaceAll('llama', 'lamma'), 'latin1'));
    await expect(load(path)).rejects.toMatchObject({ code: 'MODEL_LOAD_FAILED', message: expect.stringContaining('lamma') as string });
  });

  it('a device that there is not', async () => {
    await expect(load(tiny.path, { device: 'abacus' })).rejects.toMatchObject({ code: 'MODEL_LOAD_FAILED', hint: expect.stringContaining('cpu') as string });
  });

  it('a context beyond what the model was made for', async () => {
    await expect(load(tiny.path, { contextSize: 1024 })).rejects.toMatchObject({ code: 'INPUT_INVALID', param: 'context_size' });
  });

  it.each([{ parallel: 0 }, { threads: 1.5 }, { contextSize: -1 }])('counts that are none: %j', async (options) => {
    await expect(load(tiny.path, options)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });

  it('a model that does not fit into memory, with both figures', async () => {
    await expect(load(tiny.path, { memoryLimitBytes: 1000 })).rejects.toMatchObject({ code: 'MEMORY_INSUFFICIENT', message: expect.stringMatching(/needs about [\d.]+ [kM]B, and 1.00 kB are free/) as string });
  });

  it('a load that is cancelled', async () => {
    const signal = AbortSignal.abort(new Error('changed my mind'));
    await expect(load(tiny.path, { signal })).rejects.toBe(signal.reason);
  });
});

describe('loading', () => {
  it('tells what was loaded and how far it is', async () => {
    const stages = new Set<string>();
    const model = await load(tiny.path, { parallel: 2, contextSize: 300, onProgress: ({ stage }: { stage: string }) => stages.add(stage) });
    expect(model.info).toMatchObject({ device: 'cpu', contextLength: 300, parallel: 2, threads: 1, gpuLayers: 0, architecture: 'llama', vocabularySize: 384 });
    expect(model.special).toMatchObject({ bos: 0, eos: 2, addsBos: false, controlTexts: ['<|endoftext|>', '<|im_start|>', '<|im_end|>'] });
    expect(stages).toContain('context');
    await model[Symbol.asyncDispose]();
    await model[Symbol.asyncDispose]();
  });
});
