import { corrupt, unsupported } from '../errors.js';
import { fromHalf, toHalf } from '../quantize/half.js';
import { sourceBytes, type SourceType } from '../quantize/widen.js';
import type { CheckpointTensor } from './checkpoint.js';

/** The rows of a tensor, read piece by piece in the order in which they are written. */
export interface Rows {
  type: SourceType;
  rows: number;
  columns: number;
  /** Fills `into` with the rows [first, first + count). */
  read(first: number, count: number, into: Uint8Array): Promise<void>;
  /** Memory that a read may use until it is over; reads follow one another. */
  scratch?: (bytes: number) => Uint8Array;
  /** Pieces must start at a multiple of this many rows; 1 where nothing is said. */
  unit?: number;
}

export const rowBytes = ({ type, columns }: Rows) => columns * sourceBytes[type];

/** Rows of a tensor as they lie in the file. A vector is one row. */
export function fileRows({ name, dtype, shape, offset, file }: CheckpointTensor): Rows {
  if (!(dtype in sourceBytes)) {
    throw unsupported(`The tensor ${JSON.stringify(name)} has the type ${dtype}; F32, F16 and BF16 can be converted.`, 'Look for the model in one of these types: this one is quantized.');
  }
  const type = dtype as SourceType;
  const columns = shape.at(-1) ?? 1;
  const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
  const bytes = columns * sourceBytes[type];
  return {
    type,
    rows,
    columns,
    scratch: (size) => file.scratch(size),
    async read(first, count, into) {
      const filled = await file.readInto(offset + first * bytes, into.subarray(0, count * bytes));
      if (filled < count * bytes) throw corrupt(`${file.name} ends in the middle of the tensor ${JSON.stringify(name)}.`);
    },
  };
}

/**
 * Rows of each head moved so that the two halves of its rotary pairs lie beside each other: LLaMA's own order, which GGUF keeps.
 *
 * Source: LlamaModel.permute of llama.cpp's converter
 */
export function interleaveHeads(rows: Rows, heads: number): Rows {
  const headRows = rows.rows / heads;
  if (!Number.isInteger(headRows / 2)) throw corrupt(`${rows.rows} rows of a query or key projection do not divide into ${heads} heads.`);
  const bytes = rowBytes(rows);
  return {
    ...rows,
    unit: headRows,
    async read(first, count, into) {
      const plain = rows.scratch?.(into.length) ?? new Uint8Array(into.length);
      await rows.read(first, count, plain);
      for (let row = 0; row < count; row++) {
        const within = row % headRows;
        const from = row - within + (within % 2) * (headRows / 2) + (within >> 1);
        into.set(plain.subarray(from * bytes, (from + 1) * bytes), row * bytes);
      }
    },
  };
}

/** The rows [from, to). */
export function sliceRows(rows: Rows, from: number, to: number): Rows {
  return { ...rows, rows: Math.max(0, Math.min(to, rows.rows) - from), read: (first, count, into) => rows.read(from + first, count, into) };
}

/** All rows of several tensors of one width, one tensor after the other. */
export function joinRows(parts: readonly Rows[]): Rows {
  const [first] = parts as [Rows];
  const total = parts.reduce((sum, { rows }) => sum + rows, 0);
  const bytes = rowBytes(first);
  return {
    type: first.type,
    columns: first.columns,
    rows: total,
    async read(start, count, into) {
      let [base, filled] = [0, 0];
      for (const part of parts) {
        const from = Math.max(start, base);
        const to = Math.min(start + count, base + part.rows);
        if (from < to) {
          await part.read(from - base, to - from, into.subarray(filled, filled + (to - from) * bytes));
          filled += (to - from) * bytes;
        }
        base += part.rows;
      }
    },
  };
}

/** Columns as rows. The tensor is read once, whole: only GPT-2 stores its weights this way. */
export function transposeRows(rows: Rows): Rows {
  let whole: Promise<Uint8Array> | undefined;
  const width = sourceBytes[rows.type];
  const readAll = async () => {
    const bytes = new Uint8Array(rows.rows * rowBytes(rows));
    await rows.read(0, rows.rows, bytes);
    return bytes;
  };
  return {
    type: rows.type,
    rows: rows.columns,
    columns: rows.rows,
    async read(first, count, into) {
      const bytes = await (whole ??= readAll());
      const from = elements(bytes, width);
      const target = elements(into, width);
      for (let row = 0; row < count; row++) {
        for (let column = 0; column < rows.rows; column++) target[row * rows.rows + column] = from[column * rows.columns + first + row]!;
      }
      if (first + count >= rows.columns) whole = undefined; // the last piece has been taken
    },
  };
}

const elements = (bytes: Uint8Array, width: number) =>
  width === 4 ? new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4) : new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);

/** One added to every element, rounded to the type: half precision stays half, bfloat16 becomes single. */
export function plusOne(rows: Rows): Rows {
  const type = rows.type === 'F16' ? 'F16' : 'F32';
  return {
    ...rows,
    type,
    async read(first, count, into) {
      const source = new Uint8Array(count * rowBytes(rows));
      await rows.read(first, count, source);
      if (rows.type === 'F32') {
        const target = new Float32Array(into.buffer, into.byteOffset, into.length / 4);
        new Float32Array(source.buffer).forEach((value, index) => (target[index] = value + 1));
        return;
      }
      const halves = new Uint16Array(source.buffer);
      if (rows.type === 'F16') {
        const target = new Uint16Array(into.buffer, into.byteOffset, halves.length);
        halves.forEach((half, index) => (target[index] = toHalf(fromHalf(half) + 1)));
        return;
      }
      const target = new Float32Array(into.buffer, into.byteOffset, halves.length);
      const bits = new Uint32Array(into.buffer, into.byteOffset, halves.length);
      halves.forEach((half, index) => {
        bits[index] = half << 16;
        target[index] = target[index]! + 1;
      });
    },
  };
}

/** Numbers made here, as one row. */
export function constantRow(values: Float32Array): Rows {
  return {
    type: 'F32',
    rows: 1,
    columns: values.length,
    async read(_first, _count, into) {
      into.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    },
  };
}
