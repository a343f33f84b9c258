import { open, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { LlmiError } from '@llmi/core';
import { toFloat32 } from '@llmi/runtime-onnx';
import { z } from 'zod';

const tensorSchema = z.looseObject({
  dtype: z.string(),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});
const headerSchema = z.record(z.string(), z.unknown());

const lengthBytes = 8;
const maxHeaderBytes = 100_000_000; // as in the reference implementation

/** Little-endian bytes, as on every platform that Node has builds for, to float32. A bfloat16 is the upper half of a float32. */
const decoders: Record<string, { size: number; decode: (bytes: ArrayBuffer) => Float32Array }> = {
  F32: { size: 4, decode: (bytes) => new Float32Array(bytes) },
  F64: { size: 8, decode: (bytes) => Float32Array.from(new Float64Array(bytes)) },
  F16: { size: 2, decode: (bytes) => toFloat32({ dtype: 'float16', shape: [], data: new Uint16Array(bytes) }) },
  BF16: { size: 2, decode: (bytes) => new Float32Array(Uint32Array.from(new Uint16Array(bytes), (bits) => bits << 16).buffer) },
};

/**
 * Tensors of a safetensors file as float32, by name; absent names are left out.
 * Source: https://github.com/huggingface/safetensors#format
 * @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT, MODEL_FORMAT_UNSUPPORTED for a dtype that is no floating-point one
 */
export async function readSafetensors(path: string, names: readonly string[]): Promise<Record<string, Float32Array>> {
  const name = basename(path);
  const handle = await open(path, 'r').catch((cause: unknown) => {
    throw new LlmiError('MODEL_FILE_MISSING', { message: `The model file ${name} is missing.`, hint: 'Install the model again.', cause });
  });
  try {
    const { size } = await handle.stat();
    const { header, dataStart } = await readHeader(handle, size, name);
    const tensors: Record<string, Float32Array> = {};
    for (const wanted of names) {
      if (header[wanted] === undefined) continue;
      const parsed = tensorSchema.safeParse(header[wanted]);
      if (!parsed.success) throw corrupt(name, `its header says nothing sensible of "${wanted}"`);
      tensors[wanted] = await readTensor(handle, size, dataStart, parsed.data, name);
    }
    return tensors;
  } finally {
    await handle.close();
  }
}

async function readHeader(handle: FileHandle, size: number, name: string): Promise<{ header: Record<string, unknown>; dataStart: number }> {
  if (size < lengthBytes) throw corrupt(name, 'it is too short');
  const headerBytes = Number(new DataView(await readBytes(handle, 0, lengthBytes, name)).getBigUint64(0, true));
  if (headerBytes > Math.min(maxHeaderBytes, size - lengthBytes)) throw corrupt(name, 'its header reaches beyond its end');
  const text = new TextDecoder().decode(await readBytes(handle, lengthBytes, headerBytes, name));
  try {
    return { header: headerSchema.parse(JSON.parse(text)), dataStart: lengthBytes + headerBytes };
  } catch (cause) {
    throw corrupt(name, 'its header is no JSON object', cause);
  }
}

async function readTensor(handle: FileHandle, size: number, dataStart: number, tensor: z.infer<typeof tensorSchema>, name: string): Promise<Float32Array> {
  const decoder = decoders[tensor.dtype];
  if (!decoder) {
    throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
      message: `The weights in ${name} are of type ${tensor.dtype}.`,
      hint: `Supported are: ${Object.keys(decoders).join(', ')}.`,
    });
  }
  const [begin, end] = tensor.data_offsets;
  const count = tensor.shape.reduce((product, side) => product * side, 1);
  if (end - begin !== count * decoder.size || dataStart + end > size) throw corrupt(name, 'a tensor reaches beyond its end');
  return decoder.decode(await readBytes(handle, dataStart + begin, end - begin, name));
}

async function readBytes(handle: FileHandle, position: number, length: number, name: string): Promise<ArrayBuffer> {
  const bytes = new ArrayBuffer(length);
  const { bytesRead } = await handle.read(new Uint8Array(bytes), 0, length, position);
  if (bytesRead < length) throw corrupt(name, 'it ends early');
  return bytes;
}

function corrupt(name: string, why: string, cause?: unknown): LlmiError {
  return new LlmiError('MODEL_FILE_CORRUPT', { message: `The model file ${name} is damaged: ${why}.`, hint: 'Install the model again.', cause });
}
