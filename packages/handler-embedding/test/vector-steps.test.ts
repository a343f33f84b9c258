import { rmSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readSafetensors } from '../src/safetensors.js';
import { loadSteps } from '../src/vector-steps.js';
import { safetensors, writeFiles } from './tiny-model.js';

function folderWith(content: Buffer): string {
  const folder = writeFiles({ '2/model.safetensors': content });
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

const dense = { type: 'dense', folder: '2', outFeatures: 2, residual: false } as const;

describe('loadSteps', () => {
  it.each([
    ['torch.nn.modules.linear.Identity', -1.5],
    ['torch.nn.modules.activation.Tanh', Math.tanh(-1.5)],
    ['torch.nn.modules.activation.ReLU', 0],
    ['torch.nn.modules.activation.Sigmoid', 1 / (1 + Math.exp(1.5))],
    ['torch.nn.modules.activation.SiLU', -1.5 / (1 + Math.exp(1.5))],
  ])('a dense layer with %s', async (activation, expected) => {
    const weights = safetensors({ 'linear.weight': [[2, 2], [1, 0, 0, 2]], 'linear.bias': [[2], [0, 0.5]] });
    const [step] = await loadSteps(folderWith(weights), [{ ...dense, activation }]);
    expect(step!(Float32Array.of(0, -1))[1]).toBeCloseTo(expected, 6);
  });

  it('a dense layer with a residual, projected or not', async () => {
    const weight: [number[], number[]] = [[2, 2], [1, 0, 0, 2]];
    const step = { ...dense, residual: true, activation: 'torch.nn.modules.linear.Identity' };
    const [plain] = await loadSteps(folderWith(safetensors({ 'linear.weight': weight })), [step]);
    expect(plain!(Float32Array.of(3, 5))).toEqual(Float32Array.of(6, 15));
    const [projected] = await loadSteps(folderWith(safetensors({ 'linear.weight': weight, 'residual.weight': [[2, 2], [0, 1, 1, 0]] })), [step]);
    expect(projected!(Float32Array.of(3, 5))).toEqual(Float32Array.of(8, 13));
  });

  it('layer normalization: (1, 3) has mean 2 and variance 1', async () => {
    const weights = safetensors({ 'norm.weight': [[2], [1, 10]], 'norm.bias': [[2], [0, 1]] });
    const [step] = await loadSteps(folderWith(weights), [{ type: 'layer-norm', folder: '2' }]);
    const [first, second] = step!(Float32Array.of(1, 3));
    expect(first).toBeCloseTo(-1, 4);
    expect(second).toBeCloseTo(11, 3);
  });

  it('refuses weights that do not fit, and activations that it does not know', async () => {
    const folder = folderWith(safetensors({ 'linear.weight': [[2, 2], [1, 0, 0, 2]] }));
    const identity = { ...dense, activation: 'torch.nn.modules.linear.Identity' };
    const [step] = await loadSteps(folder, [identity]);
    expect(() => step!(Float32Array.of(1, 2, 3))).toThrow(expect.objectContaining({ code: 'MODEL_FILE_CORRUPT' }));
    await expect(loadSteps(folder, [{ ...identity, activation: 'my.Tanh' }])).rejects.toMatchObject({ code: 'MODEL_FORMAT_UNSUPPORTED' });
    await expect(loadSteps(folder, [{ ...identity, folder: '3' }])).rejects.toMatchObject({ code: 'MODEL_FILE_MISSING' });
  });
});

describe('readSafetensors', () => {
  const read = (content: Buffer) => readSafetensors(`${folderWith(content)}/2/model.safetensors`, ['x', 'absent']);
  const one = (dtype: string, bytes: Buffer, shape = [2]) => safetensors({}, { header: { x: { dtype, shape, data_offsets: [0, bytes.length] } }, data: bytes });

  it('reads floating-point numbers of every width', async () => {
    expect(await read(one('F32', Buffer.from(Float32Array.of(1.5, -2).buffer)))).toEqual({ x: Float32Array.of(1.5, -2) });
    expect(await read(one('F64', Buffer.from(Float64Array.of(1.5, -2).buffer)))).toEqual({ x: Float32Array.of(1.5, -2) });
    expect(await read(one('F16', Buffer.from(Uint16Array.of(0x3e00, 0xc000).buffer)))).toEqual({ x: Float32Array.of(1.5, -2) });
    expect(await read(one('BF16', Buffer.from(Uint16Array.of(0x3fc0, 0xc000).buffer)))).toEqual({ x: Float32Array.of(1.5, -2) });
  });

  it('refuses what is damaged or no floating-point number', async () => {
    const whole = one('F32', Buffer.alloc(8));
    for (const content of [Buffer.alloc(3), Buffer.alloc(8, 0xff), whole.subarray(0, 20), whole.subarray(0, -1), one('F32', Buffer.alloc(8), [3])]) {
      await expect(read(content)).rejects.toMatchObject({ code: 'MODEL_FILE_CORRUPT' });
    }
    await expect(read(one('I8', Buffer.alloc(2)))).rejects.toMatchObject({ code: 'MODEL_FORMAT_UNSUPPORTED' });
  });
});
