import { LlmiError, type SafetensorsFacts } from '@llmi/core';
import { z } from 'zod';
import type { ByteSource } from './byte-source.js';

const maxHeaderBytes = 32 << 20; // 200,000 tensors; the reference reads up to 100 MB, which no model needs and `check` would fetch
const firstReadBytes = 64 << 10;

/** Bits of one element. Source: Dtype of https://github.com/huggingface/safetensors/blob/main/safetensors/src/tensor.rs */
export const dtypeBits: Record<string, number> = {
  BOOL: 8, U8: 8, I8: 8, F8_E4M3: 8, F8_E5M2: 8, F8_E8M0: 8, F4: 4, F6_E2M3: 6, F6_E3M2: 6,
  U16: 16, I16: 16, F16: 16, BF16: 16, U32: 32, I32: 32, F32: 32, U64: 64, I64: 64, F64: 64, C64: 64,
};

const tensorSchema = z.object({
  dtype: z.string(),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});

/** One tensor of a safetensors file, its place checked against the file. */
export interface SafetensorsTensor {
  name: string;
  dtype: string; // F32, BF16 ...
  shape: number[];
  offset: number; // bytes from the start of the file
  sizeBytes: number;
}

/**
 * The tensors of one safetensors file, in the order of its header, after checking the header against the file's size.
 * Source: https://huggingface.co/docs/safetensors/index#format
 * @throws {LlmiError} MODEL_FILE_CORRUPT naming the file
 */
export async function readSafetensorsTensors(source: ByteSource): Promise<SafetensorsTensor[]> {
  const corrupt = (problem: string, cause?: unknown) =>
    new LlmiError('MODEL_FILE_CORRUPT', { message: `${source.name} is no valid safetensors file: ${problem}.`, hint: 'Download it again.', cause });
  const first = await source.read(0, firstReadBytes);
  if (first.length < 8) throw corrupt('it is too short');
  const length = new DataView(first.buffer, first.byteOffset).getBigUint64(0, true);
  if (length > BigInt(source.sizeBytes - 8)) throw corrupt('its header goes beyond its end');
  if (length > BigInt(maxHeaderBytes)) throw corrupt(`its header claims ${length} bytes`);
  const end = 8 + Number(length);
  const bytes = end <= first.length ? first : Buffer.concat([first, await source.read(first.length, end - first.length)]);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, end)));
  } catch (cause) {
    throw corrupt('its header is no JSON', cause);
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) throw corrupt('its header is no object');
  const tensors = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]): SafetensorsTensor => {
      const tensor = tensorSchema.safeParse(value);
      if (!tensor.success) throw corrupt(`tensor ${JSON.stringify(name)} is not described`);
      const { dtype, shape, data_offsets: [from, to] } = tensor.data;
      const [bits, elements] = [dtypeBits[dtype], elementsOf(shape)];
      if (to < from || end + to > source.sizeBytes) throw corrupt(`tensor ${JSON.stringify(name)} lies beyond its end: the file is cut off`);
      if (elements > Number.MAX_SAFE_INTEGER) throw corrupt(`tensor ${JSON.stringify(name)} has more elements than can be counted`);
      if (bits !== undefined && to - from !== Math.ceil((elements * bits) / 8)) throw corrupt(`tensor ${JSON.stringify(name)} has another size than its shape`);
      return { name, dtype, shape, offset: end + from, sizeBytes: to - from };
    });
  const gap = firstGap(tensors, end, source.sizeBytes);
  if (gap !== undefined) throw corrupt(gap);
  return tensors;
}

/** The format knows no holes and no overlaps: tensor follows tensor from the header to the end of the file. */
function firstGap(tensors: readonly SafetensorsTensor[], start: number, end: number): string | undefined {
  let expected = start;
  for (const { name, offset, sizeBytes } of [...tensors].sort((left, right) => left.offset - right.offset || left.sizeBytes - right.sizeBytes)) {
    if (offset !== expected) return `tensor ${JSON.stringify(name)} does not begin where the one before it ends`;
    expected = offset + sizeBytes;
  }
  return expected === end ? undefined : `it has ${end - expected} bytes behind its last tensor`;
}

const elementsOf = (shape: readonly number[]) => (shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1));

/** Counts from the header of one safetensors file; errors as of `readSafetensorsTensors`. */
export async function readSafetensorsHeader(source: ByteSource): Promise<SafetensorsFacts> {
  const facts: SafetensorsFacts = { parameterCount: 0, tensorBytes: 0, bytesByType: {} };
  for (const { dtype, shape, sizeBytes } of await readSafetensorsTensors(source)) {
    facts.parameterCount += elementsOf(shape);
    facts.tensorBytes += sizeBytes;
    facts.bytesByType[dtype] = (facts.bytesByType[dtype] ?? 0) + sizeBytes;
  }
  return facts;
}

/** One model's counts from those of its files. */
export function sumSafetensors(parts: SafetensorsFacts[]): SafetensorsFacts | undefined {
  if (parts.length === 0) return undefined;
  const sum: SafetensorsFacts = { parameterCount: 0, tensorBytes: 0, bytesByType: {} };
  for (const part of parts) {
    sum.parameterCount += part.parameterCount;
    sum.tensorBytes += part.tensorBytes;
    for (const [dtype, bytes] of Object.entries(part.bytesByType)) sum.bytesByType[dtype] = (sum.bytesByType[dtype] ?? 0) + bytes;
  }
  return sum;
}
