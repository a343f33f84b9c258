import { modelRequirementsSchema } from '@llmi/core';
import { describe, expect, it } from 'vitest';
import { judge } from './compatibility.js';

const needs = (min: number, recommended: number) =>
  modelRequirementsSchema.parse({
    modelType: 'llama',
    modelFamily: 'llama',
    primaryLibrary: 'node-llama-cpp',
    memoryRequirements: { min, recommended, gpuMin: min, gpuRecommended: recommended },
    diskBytes: 1,
  });
const machine = { memoryFreeBytes: 8e9, memoryTotalBytes: 16e9, diskFreeBytes: 100e9, gpus: [] };

describe('judge', () => {
  it('says that a small model fits', () => {
    expect(judge(needs(1, 2), 1e9, machine, [])).toMatchObject({ fits: true, tight: false });
  });
  it('says when only the default context is too much', () => {
    expect(judge(needs(1, 9), 1e9, machine, [])).toMatchObject({ fits: true, tight: true });
  });
  it('names the largest quantization that would fit', () => {
    const options = [
      { name: 'Q2_K', diskBytes: 3e9, memoryBytes: 3e9, files: [] },
      { name: 'Q4_K_M', diskBytes: 5e9, memoryBytes: 5e9, files: [] },
      { name: 'F16', diskBytes: 14e9, memoryBytes: 15e9, files: [] },
    ];
    expect(judge(needs(15, 16), 1e9, machine, options)).toMatchObject({ fits: false, hint: expect.stringContaining('Q4_K_M') as unknown });
  });
  it('counts the memory of a GPU, for a runtime that uses it', () => {
    const withGpu = { ...machine, gpus: [{ name: 'small', memoryBytes: 4e9 }, { name: 'large', memoryBytes: 48e9, memoryFreeBytes: 40e9 }] };
    expect(judge(needs(20, 24), 1e9, withGpu, [], true)).toMatchObject({ fits: true, reason: expect.stringContaining('large has 40.0 GB free') as unknown });
    expect(judge(needs(20, 24), 1e9, withGpu, [], false)).toMatchObject({ fits: false });
    expect(judge(needs(1, 2), 1e9, withGpu, [], true).reason).toMatch(/All of it goes onto the GPU/);
    expect(judge(needs(6, 7), 1e9, { ...machine, gpus: [{ name: 'small', memoryBytes: 4e9 }] }, [], true)).toMatchObject({ fits: true, reason: expect.stringMatching(/A part of it goes onto the GPU/) as unknown });
    expect(judge(needs(1, 2), 1e9, { ...machine, gpus: [{ name: 'silent' }] }, [], true).reason).not.toContain('GPU');
  });
  it('looks at the disk before the memory', () => {
    expect(judge(needs(1, 2), 200e9, machine, [])).toMatchObject({ fits: false, reason: expect.stringContaining('disk') as unknown });
  });
});
