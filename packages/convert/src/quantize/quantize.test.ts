import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fromHalf, toHalf } from './half.js';
import { convertChunk, tensorTypes, typeBytes, type TensorType } from './quantize.js';

/** Numbers of very different sizes within blocks and between them, and a block of zeros in every sixteen. */
function sample(): Uint8Array {
  const floats = new Float32Array(256 * 64);
  let state = 1;
  for (let index = 0; index < floats.length; index++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    const block = index >> 8;
    const group = (index >> 5) & 7;
    floats[index] = block % 16 === 7 ? 0 : ((state >>> 8) / 2 ** 23 - 0.5) * 2 ** (-group * (block % 4));
  }
  return new Uint8Array(floats.buffer);
}

/** SHA-256 of what ggml_quantize_chunk of ggml 0.25.3 (x86-64, without importance matrix) makes of the sample. */
const reference: Partial<Record<TensorType, string>> = {
  F16: '85fe26749df604893021cffd85957ae59b1b67d45897d8cfadfbae4e696c6080',
  BF16: 'e137464f57faa9ac39208c536553686c4e85574966fd3de1313509f29286bd3a',
  Q4_0: 'fcd3900ba6ac6225d1f7c36fe0977693587a9986519ea8500586cf0372b32ae9',
  Q5_0: '26fd9696c620d92d1269971a7aa8186cd533c5e61d27c31ac920f0c99ee76230',
  Q5_1: '4354989b5b31d12a924ebfc7d140ed95e6f274d1c8d17e327697dae651899e92',
  Q8_0: 'bc37a08077e4a195d9d6af2a8cba2c96e71bef16b2bb09f8db6ccef62e609c17',
  Q4_K: '2a6fbf2ce1ace6394b6732fb87cc67e1192ebcff00a4d07d3e9ac686079c60a0',
  Q5_K: '1432237f99c7908d77ebda7a0a7ded354f2d1d6d5cf9d25ced338c4f60e2eb7c',
  Q6_K: '383a4faa07a8c148c956243144f2951fdb3738a3b8f180b87940ee1d14ae9c3f',
};

describe('quantizing', () => {
  const source = sample();
  const elements = source.length / 4;

  it.each(Object.entries(reference) as [TensorType, string][])('%s is that of ggml, bit for bit', (type, hash) => {
    const into = new Uint8Array(typeBytes(type, elements));
    convertChunk(source, 'F32', type, into, new Float32Array(elements));
    expect(createHash('sha256').update(into).digest('hex')).toBe(hash);
  });

  it('counts bytes by whole blocks', () => {
    expect(typeBytes('Q8_0', 64)).toBe(68);
    expect(Object.keys(tensorTypes)).toEqual(expect.arrayContaining(Object.keys(reference)));
  });

  it('widens 16-bit weights before it rounds them again', () => {
    const into = new Uint8Array(8);
    convertChunk(new Uint8Array(Uint16Array.of(0x3f80, 0xc040).buffer), 'BF16', 'F32', into, new Float32Array(2)); // 1, -3
    expect([...new Float32Array(into.buffer)]).toEqual([1, -3]);
    convertChunk(new Uint8Array(Uint16Array.of(0x3c00, 0xc200).buffer), 'F16', 'BF16', into, new Float32Array(2));
    expect([...new Uint16Array(into.buffer, 0, 2)]).toEqual([0x3f80, 0xc040]);
  });

  it('keeps bfloat16 as it is, but for the noise in a NaN', () => {
    const into = new Uint8Array(4);
    convertChunk(new Uint8Array(Uint16Array.of(0x3f81, 0x7f81).buffer), 'BF16', 'BF16', into, new Float32Array(2));
    expect([...new Uint16Array(into.buffer)]).toEqual([0x3f81, 0x7fc1]);
  });
});

describe('half precision', () => {
  it('comes back from every one of its numbers', () => {
    for (let half = 0; half < 0x7c01; half++) {
      expect(toHalf(fromHalf(half))).toBe(half);
      expect(toHalf(-fromHalf(half))).toBe(half | 0x8000);
    }
  });

  it('rounds ties to even, small numbers to subnormals, and large ones to infinity', () => {
    expect(toHalf(1 + 2 ** -11)).toBe(0x3c00);
    expect(toHalf(1 + 3 * 2 ** -11)).toBe(0x3c02);
    expect(toHalf(2 ** -24)).toBe(1);
    expect(toHalf(2 ** -25)).toBe(0);
    expect(toHalf(65_519)).toBe(0x7bff);
    expect(toHalf(65_520)).toBe(0x7c00);
    expect(Number.isNaN(fromHalf(toHalf(NaN)))).toBe(true);
  });
});
