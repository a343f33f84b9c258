import type { GgufFacts } from '@llmi/core';

/** A metadata value with its GGUF type: `['uint32', 7]`, `['array', 'string', ['a', 'b']]`. */
export type GgufValue =
  | ['uint8' | 'int8' | 'uint16' | 'int16' | 'uint32' | 'int32' | 'float32' | 'float64', number]
  | ['bool', boolean]
  | ['uint64' | 'int64', bigint]
  | ['string', string]
  | ['array', ItemType, readonly unknown[]];

export type GgufMetadata = Record<string, GgufValue>;

/** Its rows (the first dimension) are whole blocks of its type; the fastest dimension comes first. */
export interface GgufTensor {
  name: string;
  dimensions: (number | bigint)[];
  /** A type by name, or by its number in ggml. */
  type: TensorType | number;
  /** Default: zeros. */
  data?: Uint8Array;
  /** Length of the zeros; default: what a type given by name and the dimensions say, 0 for one given by number. */
  bytes?: number;
  /** From the start of the data; default: behind the tensor before. */
  offset?: bigint;
}

export interface GgufOptions {
  version?: number; // default 3
  alignment?: number; // of tensors, in bytes; default 32
}

/** Number of a type, elements of a block, and bytes of it. Source: ggml_type and the block structs of ggml-common.h */
const tensorTypes = {
  F32: { id: 0, blockElements: 1, blockBytes: 4 },
  F16: { id: 1, blockElements: 1, blockBytes: 2 },
  Q4_0: { id: 2, blockElements: 32, blockBytes: 18 },
  Q8_0: { id: 8, blockElements: 32, blockBytes: 34 },
  Q4_K: { id: 12, blockElements: 256, blockBytes: 144 },
  Q6_K: { id: 14, blockElements: 256, blockBytes: 210 },
} as const;
export type TensorType = keyof typeof tensorTypes;

const valueTypes = { uint8: 0, int8: 1, uint16: 2, int16: 3, uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9, uint64: 10, int64: 11, float64: 12 } as const;
type ItemType = Exclude<keyof typeof valueTypes, 'array'>;

/** Longer arrays are given by their length in the facts of a file, as llmi does with vocabularies. */
const longestArrayInFacts = 64;

/**
 * A GGUF file.
 * Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
export function ggufFile(metadata: GgufMetadata, tensors: readonly GgufTensor[], { version = 3, alignment = 32 }: GgufOptions = {}): Buffer {
  const pairs = Object.entries(metadata).map(([key, value]) => Buffer.concat([text(key), typedValue(value)]));
  const infos: Buffer[] = [];
  const data: Uint8Array[] = [];
  let end = 0;
  for (const tensor of tensors) {
    const bytes = tensor.data ?? Buffer.alloc(tensor.bytes ?? ggufTensorBytes(tensor));
    const type = typeof tensor.type === 'number' ? tensor.type : tensorTypes[tensor.type].id;
    const { name, dimensions } = tensor;
    infos.push(Buffer.concat([text(name), uint32(dimensions.length), ...dimensions.map(uint64), uint32(type), uint64(tensor.offset ?? end)]));
    data.push(bytes, padding(bytes.length, alignment));
    end += bytes.length + padding(bytes.length, alignment).length;
  }
  const head = Buffer.concat([Buffer.from('GGUF'), uint32(version), uint64(tensors.length), uint64(pairs.length), ...pairs, ...infos]);
  return Buffer.concat([head, padding(head.length, alignment), ...data]);
}

/** Bytes of a tensor whose type is given by name. @throws {TypeError} when its rows are no whole blocks */
export function ggufTensorBytes({ name, dimensions, type }: GgufTensor): number {
  if (typeof type === 'number') return 0;
  const { blockElements, blockBytes } = tensorTypes[type];
  if (Number(dimensions[0] ?? 1) % blockElements !== 0) throw new TypeError(`${name}: rows of ${dimensions[0]} are no whole blocks of ${type}`);
  return (elements(dimensions) / blockElements) * blockBytes;
}

/** What llmi knows of such a file before it is loaded: `ModelInfo.gguf`. Its tensors have types by name. */
export function ggufFacts(file: string, metadata: GgufMetadata, tensors: readonly GgufTensor[]): GgufFacts {
  const bytesByType: Record<string, number> = {};
  for (const tensor of tensors) bytesByType[tensor.type] = (bytesByType[tensor.type] ?? 0) + ggufTensorBytes(tensor);
  return {
    file,
    architecture: String(metadata['general.architecture']?.[1]),
    parameterCount: tensors.reduce((sum, { dimensions }) => sum + elements(dimensions), 0),
    tensorBytes: Object.values(bytesByType).reduce((sum, bytes) => sum + bytes, 0),
    bytesByType,
    metadata: Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, plainValue(value)])),
    metadataBytes: ggufFile(metadata, tensors.map((tensor) => ({ ...tensor, data: new Uint8Array() })), { alignment: 1 }).length,
  };
}

function plainValue([type, value, items]: GgufValue): unknown {
  if (type !== 'array') return value;
  return items.length <= longestArrayInFacts ? [...items] : { type: value, length: items.length };
}

const elements = (dimensions: readonly (number | bigint)[]) => dimensions.reduce<number>((product, size) => product * Number(size), 1);
const padding = (length: number, alignment: number) => Buffer.alloc((alignment - (length % alignment)) % alignment);
const uint32 = (value: number) => scalar('uint32', value);
const uint64 = (value: bigint | number) => scalar('uint64', BigInt(value));

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint64(bytes.length), bytes]);
}

function typedValue([type, value, items]: GgufValue): Buffer {
  if (type !== 'array') return Buffer.concat([uint32(valueTypes[type]), scalar(type, value)]);
  return Buffer.concat([uint32(valueTypes.array), uint32(valueTypes[value]), uint64(items.length), ...items.map((item) => scalar(value, item))]);
}

function scalar(type: ItemType, value: unknown): Buffer {
  if (type === 'string') return text(value as string);
  const bytes = Buffer.alloc(8);
  const length = {
    bool: () => bytes.writeUInt8(value ? 1 : 0),
    uint8: () => bytes.writeUInt8(value as number),
    int8: () => bytes.writeInt8(value as number),
    uint16: () => bytes.writeUInt16LE(value as number),
    int16: () => bytes.writeInt16LE(value as number),
    uint32: () => bytes.writeUInt32LE(value as number),
    int32: () => bytes.writeInt32LE(value as number),
    float32: () => bytes.writeFloatLE(value as number),
    float64: () => bytes.writeDoubleLE(value as number),
    uint64: () => bytes.writeBigUInt64LE(value as bigint),
    int64: () => bytes.writeBigInt64LE(value as bigint),
  }[type]();
  return bytes.subarray(0, length);
}
