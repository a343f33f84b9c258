import { describe, expect, it } from 'vitest';
import { readSafetensorsHeader, sumSafetensors } from './safetensors-header.js';

function file(header: unknown, dataBytes: number, declared?: bigint) {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(declared ?? BigInt(json.length));
  const bytes = Buffer.concat([length, json, Buffer.alloc(dataBytes)]);
  return { name: 'model.safetensors', sizeBytes: bytes.length, read: async (offset: number, count: number) => bytes.subarray(offset, offset + count) };
}

const header = { __metadata__: { format: 'pt' }, a: { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] }, b: { dtype: 'BF16', shape: [5], data_offsets: [24, 34] } };

it('counts elements and bytes by dtype', async () => {
  const facts = await readSafetensorsHeader(file(header, 34));
  expect(facts).toEqual({ parameterCount: 11, tensorBytes: 34, bytesByType: { F32: 24, BF16: 10 } });
  expect(sumSafetensors([facts, facts])).toEqual({ parameterCount: 22, tensorBytes: 68, bytesByType: { F32: 48, BF16: 20 } });
});

it('reads a header that is longer than the first read', async () => {
  const many = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`layer.${index}.weight`, { dtype: 'U8', shape: [1], data_offsets: [index, index + 1] }]));
  expect((await readSafetensorsHeader(file(many, 3000))).parameterCount).toBe(3000);
});

describe('refuses', () => {
  it.each<[string, ReturnType<typeof file>]>([
    ['a file cut off', file(header, 20)],
    ['a header beyond the end', file(header, 34, 1n << 40n)],
    ['no JSON', file('not json at all', 0)],
    ['a tensor of another size than its shape', file({ a: { dtype: 'F32', shape: [2, 3], data_offsets: [0, 20] } }, 24)],
    ['negative offsets', file({ a: { dtype: 'F32', shape: [1], data_offsets: [-4, 0] } }, 24)],
    ['tensors that overlap', file({ ...header, b: { dtype: 'BF16', shape: [5], data_offsets: [20, 30] } }, 30)],
    ['a hole between tensors', file({ ...header, b: { dtype: 'BF16', shape: [5], data_offsets: [28, 38] } }, 38)],
    ['bytes that belong to no tensor', file(header, 40)],
    ['a count of elements that overflows', file({ a: { dtype: 'X1', shape: [2 ** 30, 2 ** 30], data_offsets: [0, 4] } }, 4)],
    ['a header that claims 100 MB', { name: 'model.safetensors', sizeBytes: 1e12, read: async () => Buffer.from([0, 0, 0, 6, 0, 0, 0, 0, 0x7b]) }],
    ['an empty file', { name: 'model.safetensors', sizeBytes: 0, read: async () => Buffer.alloc(0) }],
  ])('%s', async (_, source) => {
    await expect(readSafetensorsHeader(source)).rejects.toMatchObject({ code: 'MODEL_FILE_CORRUPT', message: expect.stringContaining('model.safetensors') });
  });
});
