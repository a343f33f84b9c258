import type { OnnxTensor } from '@llmi/runtime-onnx';
import { describe, expect, it } from 'vitest';
import { Graph } from './graph.js';
import { tensorOf } from './tensor.js';

const session = {
  inputs: [
    { name: 'sample', dtype: 'float32' as const, shape: ['batch', 2] },
    { name: 'half', dtype: 'float16' as const, shape: ['batch'] },
    { name: 'timestep', dtype: 'int64' as const, shape: [] },
    { name: 'steps', dtype: 'int32' as const, shape: ['steps'] },
    { name: 'text', dtype: 'string' as const, shape: [] },
  ],
  outputs: [{ name: 'out', dtype: 'float16' as const, shape: [] }],
  run: async (): Promise<Record<string, OnnxTensor>> => ({ out: { dtype: 'float16', shape: [2], data: Uint16Array.of(0x3c00, 0xc000) } }),
};
const graph = new Graph('unet', session);

describe('Graph', () => {
  it('gives numbers in the element type of the input', () => {
    const sample = tensorOf([1, 2], [1, 2]);
    expect(graph.tensor('sample', sample).data).toBe(sample.data);
    expect(graph.tensor('half', tensorOf([1, -2], [2]))).toEqual({ dtype: 'float16', shape: [2], data: Uint16Array.of(0x3c00, 0xc000) });
    expect(graph.tensor('timestep', tensorOf([801.9], [1]))).toEqual({ dtype: 'int64', shape: [], data: BigInt64Array.of(801n) });
    expect(graph.tensor('steps', tensorOf([7], []))).toEqual({ dtype: 'int32', shape: [1], data: Int32Array.of(7) });
  });

  it('leaves out what it has no input for, and says what it cannot take', () => {
    expect(Object.keys(graph.tensors({ sample: tensorOf([1, 2], [1, 2]), guidance: tensorOf([1], [1]) }))).toEqual(['sample']);
    expect(() => graph.tensor('text', tensorOf([1], [1]))).toThrow(expect.objectContaining({ code: 'MODEL_FORMAT_UNSUPPORTED' }));
    expect(() => graph.shapeOf('latents')).toThrow(expect.objectContaining({ code: 'MODEL_FORMAT_UNSUPPORTED', message: expect.stringContaining('sample, half') as string }));
  });

  it('answers in float32', async () => {
    expect(await graph.compute({}, 'out')).toEqual(tensorOf([1, -2], [2]));
  });
});
