import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelInfoSchema } from '@llmi/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quantizationLabel, resolveModelPath } from './model-path.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'llmi-path-'));
  for (const name of ['m-Q8_0.gguf', 'm-Q4_K_M-00001-of-00002.gguf', 'm-Q4_K_M-00002-of-00002.gguf', 'mmproj-F16.gguf', 'README.md']) writeFileSync(join(folder, name), '');
  mkdirSync(join(folder, 'empty'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const info = (chosenFiles: string[] = []) => modelInfoSchema.parse({ id: 'a/b', source: 'folder', files: chosenFiles.map((path) => ({ path, sizeBytes: 0 })), chosenFiles });

describe('the file to load', () => {
  it('is the one that is named, or the first that was chosen', async () => {
    expect(await resolveModelPath(join(folder, 'm-Q8_0.gguf'), info())).toEqual({ folder, file: join(folder, 'm-Q8_0.gguf') });
    expect((await resolveModelPath(folder, info(['m-Q8_0.gguf']))).file).toBe(join(folder, 'm-Q8_0.gguf'));
  });

  it('is the first part of a split model, and never a projector', async () => {
    expect((await resolveModelPath(folder, info())).file).toBe(join(folder, 'm-Q4_K_M-00001-of-00002.gguf'));
  });

  it('is of the quantization that is asked for', async () => {
    expect((await resolveModelPath(folder, info(), 'q8_0')).file).toBe(join(folder, 'm-Q8_0.gguf'));
    await expect(resolveModelPath(folder, info(), 'Q2_K')).rejects.toMatchObject({ code: 'FILE_CHOICE_EMPTY', hint: 'Use one of: Q4_K_M, Q8_0.' });
  });

  it('is missing where there is none', async () => {
    await expect(resolveModelPath(join(folder, 'empty'), info())).rejects.toMatchObject({ code: 'MODEL_FILE_MISSING' });
    await expect(resolveModelPath(join(folder, 'nowhere'), info())).rejects.toMatchObject({ code: 'MODEL_FILE_MISSING' });
  });
});

it('quantizations are read from file names', () => {
  const names = ['a.Q8_0.gguf', 'A-UD-IQ2_XXS.gguf', 'b-f16.gguf', 'c/bf16.gguf', 'Qwen3-0.6B.gguf', 'd-Q4_K_M-00001-of-00002.gguf'];
  expect(names.map(quantizationLabel)).toEqual(['Q8_0', 'UD-IQ2_XXS', 'F16', 'BF16', undefined, 'Q4_K_M']);
});
