/** A metadata value with its GGUF type: `['uint32', 7]`, `['array', 'string', ['a', 'b']]`. */
export type GgufValue =
  | ['uint8' | 'int8' | 'uint16' | 'int16' | 'uint32' | 'int32' | 'float32' | 'float64', number]
  | ['bool', boolean]
  | ['uint64' | 'int64', bigint]
  | ['string', string]
  | ['array', string, unknown[]];

export interface GgufTensor {
  name: string;
  dimensions: (number | bigint)[];
  type: number; // ggml type number
  offset?: bigint; // default: behind the one before
  bytes?: number; // default 0
}

const typeNumbers: Record<string, number> = {
  uint8: 0, int8: 1, uint16: 2, int16: 3, uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9, uint64: 10, int64: 11, float64: 12,
};

const uint32 = (value: number) => {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
};
const uint64 = (value: bigint | number) => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer;
};
const text = (value: string) => Buffer.concat([uint64(Buffer.byteLength(value)), Buffer.from(value)]);

function scalar(type: string, value: unknown): Buffer {
  const buffer = Buffer.alloc(8);
  switch (type) {
    case 'string':
      return text(value as string);
    case 'bool':
      return Buffer.of(value ? 1 : 0);
    case 'uint8':
      return Buffer.of(value as number);
    case 'int8':
      buffer.writeInt8(value as number);
      return buffer.subarray(0, 1);
    case 'uint16':
      buffer.writeUInt16LE(value as number);
      return buffer.subarray(0, 2);
    case 'int16':
      buffer.writeInt16LE(value as number);
      return buffer.subarray(0, 2);
    case 'uint32':
      return uint32(value as number);
    case 'int32':
      buffer.writeInt32LE(value as number);
      return buffer.subarray(0, 4);
    case 'float32':
      buffer.writeFloatLE(value as number);
      return buffer.subarray(0, 4);
    case 'float64':
      buffer.writeDoubleLE(value as number);
      return buffer;
    case 'uint64':
      return uint64(value as bigint);
    case 'int64':
      buffer.writeBigInt64LE(value as bigint);
      return buffer;
    default:
      throw new TypeError(`no GGUF type ${type}`);
  }
}

function metadataValue([type, value, items]: GgufValue): Buffer {
  if (type !== 'array') return Buffer.concat([uint32(typeNumbers[type]!), scalar(type, value)]);
  return Buffer.concat([uint32(typeNumbers['array']!), uint32(typeNumbers[value]!), uint64(items.length), ...items.map((item) => scalar(value, item))]);
}

/** A GGUF file of version 3 (or as told), its tensors filled with zeros. */
export function writeGguf(metadata: Record<string, GgufValue>, tensors: GgufTensor[], { version = 3, alignment = 32 } = {}): Buffer {
  const align = (size: number) => Math.ceil(size / alignment) * alignment;
  let end = 0;
  const infos = tensors.map(({ name, dimensions, type, offset, bytes = 0 }) => {
    const at = offset ?? BigInt(end);
    end = align(end + bytes);
    return Buffer.concat([text(name), uint32(dimensions.length), ...dimensions.map(uint64), uint32(type), uint64(at)]);
  });
  const pairs = Object.entries(metadata).map(([key, value]) => Buffer.concat([text(key), metadataValue(value)]));
  const head = Buffer.concat([Buffer.from('GGUF'), uint32(version), uint64(tensors.length), uint64(pairs.length), ...pairs, ...infos]);
  return Buffer.concat([head, Buffer.alloc(align(head.length) - head.length), Buffer.alloc(end)]);
}

/** A small llama-shaped file; `quantization` 8 is Q8_0, 1 is F16, 0 is F32. */
export function tinyGguf(type = 8, rows = 4): Buffer {
  const rowBytes: Record<number, number> = { 0: 256, 1: 128, 8: 68 }; // 64 elements
  return writeGguf(
    {
      'general.architecture': ['string', 'llama'],
      'general.file_type': ['uint32', type === 8 ? 7 : type],
      'llama.context_length': ['uint32', 256],
      'llama.rope.freq_base': ['float32', 10_000],
      'tokenizer.ggml.tokens': ['array', 'string', Array.from({ length: 100 }, (_, index) => `token${index}`)],
    },
    [{ name: 'token_embd.weight', dimensions: [64, rows], type, bytes: rowBytes[type]! * rows }],
  );
}
