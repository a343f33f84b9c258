import { unsupported } from '../errors.js';
import type { CheckpointTensor } from './checkpoint.js';
import { constantRow, fileRows, interleaveHeads, joinRows, plusOne, sliceRows, transposeRows, type Rows } from './rows.js';

/** What a model family does to a tensor on its way into the file. Shapes are as in the checkpoint: the last is the row. */
export interface Weight {
  readonly shape: readonly number[];
  interleaveHeads(heads: number): Weight;
  transpose(): Weight;
  /** The part [from, to) along the first dimension. */
  slice(from: number, to: number): Weight;
  /** The part [from, to) along the last dimension but one, of each stacked matrix. */
  sliceMiddle(from: number, to: number): Weight;
  plusOne(): Weight;
  /** The same elements in another shape with rows of the same length. */
  reshape(shape: readonly number[]): Weight;
  /** This and `others` as one tensor with a new first dimension. */
  stack(others: readonly Weight[]): Weight;
}

/** A tensor of the checkpoint, or one made of several. */
export class PlainWeight implements Weight {
  constructor(
    readonly shape: readonly number[],
    readonly rows: Rows,
  ) {}

  static of(tensor: CheckpointTensor): PlainWeight {
    return new PlainWeight(tensor.shape, fileRows(tensor));
  }

  static constant(values: Float32Array): PlainWeight {
    return new PlainWeight([values.length], constantRow(values));
  }

  interleaveHeads(heads: number): PlainWeight {
    // A bias is a vector: its elements move as the rows of its matrix do.
    const rows = this.shape.length === 1 ? asColumn(this.rows) : this.rows;
    return new PlainWeight(this.shape, interleaveHeads(rows, heads));
  }

  transpose(): PlainWeight {
    return new PlainWeight([...this.shape].reverse(), transposeRows(this.rows));
  }

  slice(from: number, to: number): PlainWeight {
    const [size, ...rest] = this.shape as [number, ...number[]];
    const end = Math.min(to, size);
    const rowsEach = rest.slice(0, -1).reduce((product, length) => product * length, 1);
    return new PlainWeight([end - from, ...rest], sliceRows(this.rows, from * rowsEach, end * rowsEach));
  }

  sliceMiddle(from: number, to: number): PlainWeight {
    const rowsEach = this.shape.at(-2)!;
    const parts = Array.from({ length: this.rows.rows / rowsEach }, (_, index) => sliceRows(this.rows, index * rowsEach + from, index * rowsEach + to));
    return new PlainWeight([...this.shape.slice(0, -2), to - from, this.shape.at(-1)!], joinRows(parts));
  }

  plusOne(): PlainWeight {
    return new PlainWeight(this.shape, plusOne(this.rows));
  }

  reshape(shape: readonly number[]): PlainWeight {
    return new PlainWeight(shape, this.rows);
  }

  stack(others: readonly Weight[]): PlainWeight {
    const all = [this, ...(others as PlainWeight[])];
    return new PlainWeight([all.length, ...this.shape], joinRows(all.map(({ rows }) => rows)));
  }
}

/** A vector as a matrix of one column, so that elements can be moved as rows. */
function asColumn(rows: Rows): Rows {
  return { ...rows, rows: rows.columns, columns: 1, read: rows.rows === 1 ? elementReader(rows) : rows.read };
}

function elementReader(rows: Rows): Rows['read'] {
  return async (first, count, into) => {
    const width = into.length / count;
    const whole = new Uint8Array(rows.columns * width);
    await rows.read(0, 1, whole);
    into.set(whole.subarray(first * width, (first + count) * width));
  };
}

/**
 * A low-rank update `b x a` of a tensor. What is done to the tensor is done to the factor that it touches.
 *
 * Shapes: `a` [..., rank, columns]; `b` [..., rows, rank]. Source: LoraTorchTensor of llama.cpp's convert_lora_to_gguf.py
 */
export class LowRankWeight implements Weight {
  constructor(
    readonly a: PlainWeight,
    readonly b: PlainWeight,
  ) {}

  get shape(): readonly number[] {
    return [...this.b.shape.slice(0, -1), this.a.shape.at(-1)!];
  }

  interleaveHeads(heads: number): LowRankWeight {
    return new LowRankWeight(this.a, this.b.interleaveHeads(heads));
  }

  /** An adapter's factors are those of the matrix as it is multiplied, also where the checkpoint keeps that matrix transposed. */
  transpose(): LowRankWeight {
    return this;
  }

  slice(from: number, to: number): LowRankWeight {
    return this.shape.length > 2 ? new LowRankWeight(this.a.slice(from, to), this.b.slice(from, to)) : new LowRankWeight(this.a, this.b.slice(from, to));
  }

  sliceMiddle(from: number, to: number): LowRankWeight {
    return new LowRankWeight(this.a, this.b.sliceMiddle(from, to));
  }

  plusOne(): never {
    throw unsupported('The adapter changes a norm by a low-rank update, which GGUF has no place for.', 'Merge the adapter into its base model first.');
  }

  reshape(shape: readonly number[]): LowRankWeight {
    const rank = this.b.shape.at(-1)!;
    return new LowRankWeight(this.a.reshape([...shape.slice(0, -2).map(() => 1), rank, this.a.shape.at(-1)!]), this.b.reshape([...shape.slice(0, -1), rank]));
  }

  stack(others: readonly Weight[]): LowRankWeight {
    const all = others as LowRankWeight[];
    return new LowRankWeight(this.a.stack(all.map(({ a }) => a)), this.b.stack(all.map(({ b }) => b)));
  }
}
