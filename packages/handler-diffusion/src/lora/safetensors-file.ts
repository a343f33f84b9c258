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
type TensorEntry = z.infer<typeof tensorSchema>;
const headerSchema = z.looseObject({ __metadata__: z.record(z.string(), z.string()).optional() });

const lengthBytes = 8;
const maxHeaderBytes = 100_000_000; // as in the reference implementation

/** Little-endian bytes to float32. A bfloat16 is the upper half of a float32. */
const decoders: Record<string, { size: number; decode: (bytes: ArrayBuffer) => Float32Array }> = {
  F32: { size: 4, decode: (bytes) => new Float32Array(bytes) },
  F16: { size: 2, decode: (bytes) => toFloat32({ dtype: 'float16', shape: [], data: new Uint16Array(bytes) }) },
  BF16: { size: 2, decode: (bytes) => new Float32Array(Uint32Array.from(new Uint16Array(bytes), (bits) => bits << 16).buffer) },
};

/**
 * A safetensors file whose tensors are read one by one.
 * Source: https://github.com/huggingface/safetensors#format
 */
export class SafetensorsFile implements AsyncDisposable {
  private constructor(
    private readonly handle: FileHandle,
    private readonly name: string,
    private readonly dataStart: number,
    readonly metadata: Readonly<Record<string, string>>,
    private readonly entries: ReadonlyMap<string, TensorEntry>,
  ) {}

  /** @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT */
  static async open(path: string): Promise<SafetensorsFile> {
    const name = basename(path);
    const handle = await open(path, 'r').catch((cause: unknown) => {
      throw new LlmiError('MODEL_FILE_MISSING', { message: `The adapter file ${name} cannot be opened.`, hint: 'Give the path of a .safetensors file.', cause });
    });
    try {
      const { size } = await handle.stat();
      if (size < lengthBytes) throw corrupt(name, 'it is too short');
      const headerBytes = Number(new DataView(await readBytes(handle, 0, lengthBytes, name)).getBigUint64(0, true));
      if (headerBytes > Math.min(maxHeaderBytes, size - lengthBytes)) throw corrupt(name, 'its header reaches beyond its end');
      const { __metadata__: metadata = {}, ...tensors } = parseHeader(await readBytes(handle, lengthBytes, headerBytes, name), name);
      const dataStart = lengthBytes + headerBytes;
      const entries = Object.entries(tensors).map(([tensor, entry]) => [tensor, checkEntry(tensor, entry, size - dataStart, name)] as const);
      return new SafetensorsFile(handle, name, dataStart, metadata, new Map(entries));
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  get names(): string[] {
    return [...this.entries.keys()];
  }

  shapeOf(tensor: string): readonly number[] {
    return this.entries.get(tensor)!.shape;
  }

  /** One tensor as float32. @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED for a dtype that is no floating-point one */
  async read(tensor: string): Promise<Float32Array> {
    const { dtype, shape, data_offsets } = this.entries.get(tensor)!;
    const decoder = decoders[dtype];
    if (!decoder) {
      throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: `The numbers in ${this.name} are of type ${dtype}.`, hint: `Supported are: ${Object.keys(decoders).join(', ')}.` });
    }
    const [begin, end] = data_offsets;
    if (end - begin !== shape.reduce((product, side) => product * side, decoder.size)) throw corrupt(this.name, `"${tensor}" has another size than it says`);
    return decoder.decode(await readBytes(this.handle, this.dataStart + begin, end - begin, this.name));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.handle.close();
  }
}

function parseHeader(bytes: ArrayBuffer, name: string): z.infer<typeof headerSchema> {
  try {
    return headerSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    throw corrupt(name, 'its header is not valid', cause);
  }
}

function checkEntry(tensor: string, entry: unknown, dataBytes: number, name: string): TensorEntry {
  const parsed = tensorSchema.safeParse(entry);
  if (!parsed.success) throw corrupt(name, `its header says nothing sensible of "${tensor}"`);
  const [begin, end] = parsed.data.data_offsets;
  if (begin > end || end > dataBytes) throw corrupt(name, `"${tensor}" reaches beyond its end`);
  return parsed.data;
}

async function readBytes(handle: FileHandle, position: number, length: number, name: string): Promise<ArrayBuffer> {
  const bytes = new ArrayBuffer(length);
  const { bytesRead } = await handle.read(new Uint8Array(bytes), 0, length, position);
  if (bytesRead < length) throw corrupt(name, 'it ends early');
  return bytes;
}

function corrupt(name: string, why: string, cause?: unknown): LlmiError {
  return new LlmiError('MODEL_FILE_CORRUPT', { message: `The adapter file ${name} is damaged: ${why}.`, hint: 'Install the adapter again.', cause });
}
