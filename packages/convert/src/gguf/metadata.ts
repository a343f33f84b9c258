/** Type numbers of metadata values. Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md */
const types = { uint8: 0, uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const;

type Scalar = 'uint8' | 'uint32' | 'int32' | 'float32' | 'bool' | 'string';

interface Entry {
  type: Scalar;
  value: number | boolean | string | ArrayLike<number> | readonly (string | Uint8Array)[];
  isArray: boolean;
}

/** The metadata of a GGUF file in the order in which keys were first set. */
export class GgufMetadata {
  readonly #entries = new Map<string, Entry>();

  constructor(readonly architecture: string) {
    this.string('general.architecture', architecture);
  }

  uint32(key: string, value: number): void {
    this.#set(key, { type: 'uint32', value, isArray: false });
  }

  int32(key: string, value: number): void {
    this.#set(key, { type: 'int32', value, isArray: false });
  }

  float32(key: string, value: number): void {
    this.#set(key, { type: 'float32', value, isArray: false });
  }

  bool(key: string, value: boolean): void {
    this.#set(key, { type: 'bool', value, isArray: false });
  }

  /** An empty text is left out, as the reference writer does. */
  string(key: string, value: string): void {
    if (value !== '') this.#set(key, { type: 'string', value, isArray: false });
  }

  /** Texts, or their bytes; an empty array is left out. */
  strings(key: string, value: readonly (string | Uint8Array)[]): void {
    if (value.length > 0) this.#set(key, { type: 'string', value, isArray: true });
  }

  numbers(key: string, type: 'uint8' | 'uint32' | 'int32' | 'float32', value: ArrayLike<number>): void {
    if (value.length > 0) this.#set(key, { type, value, isArray: true });
  }

  /** A key of the model's architecture: `block_count` is written as `llama.block_count`. */
  own(key: string): string {
    return `${this.architecture}.${key}`;
  }

  /** Takes a key out and puts it at the end. */
  moveToEnd(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
  }

  get count(): number {
    return this.#entries.size;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  number(key: string): number | undefined {
    const value = this.#entries.get(key)?.value;
    return typeof value === 'number' ? value : undefined;
  }

  /** The entries as they are written, in pieces. */
  encode(): Uint8Array[] {
    return [...this.#entries].flatMap(([key, entry]) => [encodeString(key), ...encodeEntry(entry)]);
  }

  #set(key: string, entry: Entry): void {
    this.#entries.set(key, entry);
  }
}

const encoder = new TextEncoder();

/** A text of a GGUF file: its length in bytes, then the bytes. */
export function encodeString(text: string | Uint8Array): Uint8Array {
  const bytes = typeof text === 'string' ? encoder.encode(text) : text;
  const result = new Uint8Array(8 + bytes.length);
  new DataView(result.buffer).setBigUint64(0, BigInt(bytes.length), true);
  result.set(bytes, 8);
  return result;
}

function encodeEntry({ type, value, isArray }: Entry): Uint8Array[] {
  if (!isArray) return [encodeNumbers('uint32', [types[type]]), encodeScalar(type, value as number | boolean | string)];
  const items = value as ArrayLike<number> | readonly (string | Uint8Array)[];
  const head = Buffer.alloc(16);
  head.writeUInt32LE(types.array, 0);
  head.writeUInt32LE(types[type], 4);
  head.writeBigUInt64LE(BigInt(items.length), 8);
  return [head, type === 'string' ? encodeStrings(items as readonly (string | Uint8Array)[]) : encodeNumbers(type, items as ArrayLike<number>)];
}

/** Texts one after the other, each with its length, in one piece: a vocabulary has hundreds of thousands. */
function encodeStrings(texts: readonly (string | Uint8Array)[]): Uint8Array {
  const length = texts.reduce((sum, text) => sum + 8 + Buffer.byteLength(text), 0);
  const bytes = Buffer.alloc(length);
  let offset = 0;
  for (const text of texts) {
    const size = typeof text === 'string' ? bytes.write(text, offset + 8) : Buffer.from(text).copy(bytes, offset + 8);
    bytes.writeUInt32LE(size, offset); // the upper half of the 64-bit length stays 0
    offset += 8 + size;
  }
  return bytes;
}

function encodeScalar(type: Scalar, value: number | boolean | string): Uint8Array {
  if (type === 'string') return encodeString(value as string);
  return encodeNumbers(type, [Number(value)]);
}

/** Numbers one after the other, little-endian. */
function encodeNumbers(type: Exclude<Scalar, 'string'>, values: ArrayLike<number>): Uint8Array {
  const width = type === 'uint8' || type === 'bool' ? 1 : 4;
  const bytes = new Uint8Array(values.length * width);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    if (width === 1) bytes[index] = value;
    else if (type === 'float32') view.setFloat32(4 * index, value, true);
    else if (type === 'int32') view.setInt32(4 * index, value, true);
    else view.setUint32(4 * index, value, true);
  }
  return bytes;
}
