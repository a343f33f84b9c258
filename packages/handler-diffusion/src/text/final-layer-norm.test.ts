import { expect, it } from 'vitest';
import { tensorOf } from '../components/tensor.js';
import { applyFinalLayerNorm } from './final-layer-norm.js';

it('finds the scale and bias of a layer norm in what it does', () => {
  const [scale, bias, epsilon] = [[2, -1, 0.5], [0.1, 0, -3], 1e-5];
  const norm = (row: number[]) => {
    const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
    const deviation = Math.sqrt(row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length + epsilon);
    return row.map((value, channel) => ((value - mean) / deviation) * scale[channel]! + bias[channel]!);
  };
  const last = [[1, 2, 4], [0, -3, 1], [5, 5.5, -2], [0.2, 0.1, 0.4]];
  const hidden = [[7, -1, 2], [0.3, 0.2, 0.9]];
  const applied = applyFinalLayerNorm(tensorOf(hidden.flat(), [1, 2, 3]), tensorOf(last.flat(), [1, 4, 3]), tensorOf(last.flatMap(norm), [1, 4, 3]), epsilon);
  hidden.flatMap(norm).forEach((value, index) => expect(applied.data[index]).toBeCloseTo(value, 4));
});
