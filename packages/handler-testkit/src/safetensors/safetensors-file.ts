export type SafetensorsType = 'F32' | 'F16' | 'BF16' | 'F8_E4M3';

export interface SafetensorsTensor {
  dtype?: SafetensorsType; // default F32
  shape: number[];
  /** Default: numbers between -1/4 and 1/4 made from the tensor's name, so that a tensor is the same in every file. */
  values?: readonly number[];
}

/**
 * A safetensors file. `edit` may spoil its header.
 * Source: https://github.com/huggingface/safetensors#format
 */
export function safetensorsFile(tensors: Record<string, SafetensorsTensor>, edit: (header: Record<string, unknown>) => void = () => undefined): Buffer {
  const header: Record<string, unknown> = {};
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { dtype = 'F32', shape, values }] of Object.entries(tensors)) {
    const count = shape.reduce((product, size) => product * size, 1);
    const numbers = values === undefined ? numbersOf(name, count) : Float32Array.from(values);
    if (numbers.length !== count) throw new TypeError(`${name}: ${numbers.length} values for the shape [${shape.join(', ')}]`);
    const bytes = encode(numbers, dtype);
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes.length] };
    parts.push(bytes);
    offset += bytes.length;
  }
  edit(header);
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, ...parts]);
}

/** Multiples of 1/256: every type of 16 bits and more holds them exactly. */
function numbersOf(name: string, count: number): Float32Array {
  let state = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) & 0x7fffffff, 7);
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff; // the constants of the C standard's rand()
    return (((state >>> 16) & 127) - 64) / 256;
  });
}

/** Rounds towards zero where a type has fewer digits; F8_E4M3 is written as zeros. */
function encode(values: Float32Array, dtype: SafetensorsType): Uint8Array {
  if (dtype === 'F32') return new Uint8Array(values.buffer);
  if (dtype === 'F8_E4M3') return new Uint8Array(values.length);
  const bits = new Uint32Array(values.buffer);
  const halves = Uint16Array.from(bits, dtype === 'BF16' ? (value) => value >>> 16 : toHalf);
  return new Uint8Array(halves.buffer);
}

/** Bits of a float32 in the normal range of float16 as the bits of that; smaller ones become zero. */
function toHalf(bits: number): number {
  const exponent = ((bits >>> 23) & 255) - 112; // the bias of float32, 127, less that of float16, 15
  const sign = (bits >>> 16) & 0x8000;
  return exponent <= 0 ? sign : sign | (exponent << 10) | ((bits >>> 13) & 1023);
}
