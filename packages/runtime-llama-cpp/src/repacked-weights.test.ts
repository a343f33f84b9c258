import { describe, expect, it } from 'vitest';
import { isRepacked } from './repacked-weights.js';

const [f32, q80, q4K, q6K] = [0, 8, 12, 14];
const x64 = 'CPU : SSE3 = 1 | AVX = 1 | AVX2 = 1 | F16C = 1 | AVX512 = 1 | LLAMAFILE = 1 | REPACK = 1 | ';

describe('weights that are rearranged', () => {
  it('are read where most of the file is of such a type', () => {
    expect(isRepacked(new Map([[f32, 1], [q4K, 60], [q6K, 39]]), x64)).toBe(true);
    expect(isRepacked(new Map([[f32, 1], [q80, 99]]), x64)).toBe(false);
    expect(isRepacked(new Map([[q6K, 95], [q4K, 5]]), x64)).toBe(false);
  });

  it('depend on the processor', () => {
    expect(isRepacked(new Map([[q4K, 1]]), 'CPU : SSE3 = 1 | AVX = 1 | ')).toBe(false);
    expect(isRepacked(new Map([[q80, 1]]), 'CPU : NEON = 1 | DOTPROD = 1 | ')).toBe(true);
    expect(isRepacked(new Map([[q80, 1]]), `${x64}AMX_INT8 = 1 | `)).toBe(true);
    expect(isRepacked(new Map(), x64)).toBe(false);
  });
});
