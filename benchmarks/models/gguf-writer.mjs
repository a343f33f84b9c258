// The GGUF container. Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

const alignment = 32;
const valueTypes = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 };

/** Number of the type, elements of a block and bytes of it. Source: ggml_type and the block structs of ggml-common.h */
export const tensorTypes = {
  F32: { id: 0, blockElements: 1, blockBytes: 4 },
  F16: { id: 1, blockElements: 1, blockBytes: 2 },
  Q4_0: { id: 2, blockElements: 32, blockBytes: 18 },
  Q8_0: { id: 8, blockElements: 32, blockBytes: 34 },
  Q4_K: { id: 12, blockElements: 256, blockBytes: 144 },
  Q6_K: { id: 14, blockElements: 256, blockBytes: 210 },
};

/** Bytes of a tensor `{ type, shape }`; its rows (the first number of the shape) are whole blocks. */
export function tensorBytes({ name, type, shape }) {
  const { blockElements, blockBytes } = tensorTypes[type];
  if (shape[0] % blockElements !== 0) throw new Error(`${name}: rows of ${shape[0]} are no whole blocks of ${type}`);
  return (shape.reduce((product, size) => product * size, 1) / blockElements) * blockBytes;
}

/**
 * Writes a GGUF file. `entries`: [key, type, value]; `tensors`: { name, type, shape }, the fastest dimension first. `data` gives the
 * bytes of one tensor, whole or in pieces.
 */
export async function writeGguf(path, entries, tensors, data) {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(`${path}.part`, 'w');
  try {
    await file.write(header(entries, tensors));
    for (const tensor of tensors) {
      for (const piece of data(tensor)) await file.write(piece);
      const rest = tensorBytes(tensor) % alignment;
      if (rest > 0) await file.write(Buffer.alloc(alignment - rest));
    }
  } finally {
    await file.close();
  }
  await rename(`${path}.part`, path);
}

/** Magic, version 3, counts, metadata, tensor table. */
function header(entries, tensors) {
  const parts = [Buffer.from('GGUF'), uint32(3), uint64(tensors.length), uint64(entries.length)];
  for (const [key, type, value] of entries) parts.push(string(key), typedValue(type, value));
  let offset = 0;
  for (const tensor of tensors) {
    parts.push(string(tensor.name), uint32(tensor.shape.length), ...tensor.shape.map(uint64), uint32(tensorTypes[tensor.type].id), uint64(offset));
    offset += Math.ceil(tensorBytes(tensor) / alignment) * alignment;
  }
  const bytes = Buffer.concat(parts);
  return Buffer.concat([bytes, Buffer.alloc((alignment - (bytes.length % alignment)) % alignment)]);
}

function typedValue(type, value) {
  switch (type) {
    case 'strings':
      return Buffer.concat([uint32(valueTypes.array), uint32(valueTypes.string), uint64(value.length)].concat(value.map(string)));
    case 'int32s':
      return Buffer.concat([uint32(valueTypes.array), uint32(valueTypes.int32), uint64(value.length), Buffer.from(Int32Array.from(value).buffer)]);
    case 'float32':
      return Buffer.concat([uint32(valueTypes.float32), Buffer.from(Float32Array.of(value).buffer)]);
    case 'bool':
      return Buffer.concat([uint32(valueTypes.bool), Buffer.of(value ? 1 : 0)]);
    case 'string':
      return Buffer.concat([uint32(valueTypes.string), string(value)]);
    default:
      return Buffer.concat([uint32(valueTypes[type]), uint32(value)]);
  }
}

function uint32(value) {
  return Buffer.from(Uint32Array.of(value).buffer);
}

function uint64(value) {
  return Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
}

function string(text) {
  const bytes = Buffer.from(text);
  return Buffer.concat([uint64(bytes.length), bytes]);
}
