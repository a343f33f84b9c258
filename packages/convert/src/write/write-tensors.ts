import type { FileHandle } from 'node:fs/promises';
import type { Rows } from '../checkpoint/rows.js';
import { rowBytes } from '../checkpoint/rows.js';
import { aligned, elementCount } from '../gguf/header.js';
import { typeBytes, type TensorType } from '../quantize/quantize.js';
import { ChunkConverter, type Slot } from './chunk-converter.js';

/** A tensor with its type in the file. */
export interface PlannedTensor {
  name: string;
  shape: readonly number[];
  type: TensorType;
  rows: Rows;
}

export interface WriteProgress {
  bytes: number; // of the file, written so far
  totalBytes: number;
  tensor: string; // the one being written
}

interface WriteOptions {
  signal?: AbortSignal;
  onProgress?: (progress: WriteProgress) => void;
}

const chunkBytes = 512 << 10; // of the checkpoint, read at a time

/**
 * Writes the tensors' data from `start` on, piece by piece: memory stays the same whatever the model's size.
 *
 * Pieces are converted side by side, and each is written to its own place, so none waits for another.
 */
export async function writeTensors(file: FileHandle, start: number, tensors: readonly PlannedTensor[], converter: ChunkConverter, options: WriteOptions): Promise<void> {
  const { signal, onProgress } = options;
  const slots = new SlotPool(converter.threads + 1);
  const totalBytes = tensors.reduce((sum, { type, shape }) => sum + aligned(typeBytes(type, elementCount(shape))), start);
  const running = new Set<Promise<void>>();
  let [offset, written, failure] = [start, start, undefined as { error: unknown } | undefined];
  const settled = async (work: Promise<void>) => {
    try {
      await work;
    } catch (error) {
      failure ??= { error };
    }
  };
  try {
    for (const tensor of tensors) {
      const size = typeBytes(tensor.type, elementCount(tensor.shape));
      for (const { first, count } of pieces(tensor.rows)) {
        signal?.throwIfAborted();
        const slot = await slots.take();
        if (failure) throw failure.error;
        const bytes = count * rowBytes(tensor.rows);
        await tensor.rows.read(first, count, slots.input(slot, bytes));
        const place = offset + typeBytes(tensor.type, first * tensor.rows.columns);
        const outputBytes = typeBytes(tensor.type, count * tensor.rows.columns);
        slots.output(slot, outputBytes);
        const work = settled(
          converter
            .convert({ ...slot, bytes, from: tensor.rows.type, to: tensor.type })
            .then(async (converted) => {
              await writeFully(file, converted, place);
              written += outputBytes;
              onProgress?.({ bytes: written, totalBytes, tensor: tensor.name });
            })
            .finally(() => slots.give(slot)),
        );
        running.add(work);
        void work.then(() => running.delete(work));
      }
      const padding = aligned(size) - size;
      if (padding > 0) await writeFully(file, new Uint8Array(padding), offset + size);
      written += padding;
      offset += aligned(size);
    }
  } finally {
    await Promise.all(running);
  }
  if (failure) throw failure.error;
}

/** Pieces of about `chunkBytes`, each of whole units of rows. */
function* pieces(rows: Rows): Generator<{ first: number; count: number }> {
  const unit = rows.unit ?? 1;
  const step = unit * Math.max(1, Math.floor(chunkBytes / (unit * rowBytes(rows))));
  for (let first = 0; first < rows.rows; first += step) yield { first, count: Math.min(step, rows.rows - first) };
}

/** Writes all of `bytes`, in as many calls as it takes. */
export async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** Memory for as many pieces as are on their way at once; each grows to the largest piece it was used for. */
class SlotPool {
  readonly #free: Slot[];
  readonly #waiting: ((slot: Slot) => void)[] = [];

  constructor(count: number) {
    this.#free = Array.from({ length: count }, () => ({ input: new SharedArrayBuffer(0), output: new SharedArrayBuffer(0) }));
  }

  async take(): Promise<Slot> {
    return this.#free.pop() ?? (await new Promise<Slot>((resolve) => this.#waiting.push(resolve)));
  }

  give(slot: Slot): void {
    const next = this.#waiting.shift();
    if (next) next(slot);
    else this.#free.push(slot);
  }

  input(slot: Slot, bytes: number): Uint8Array {
    if (slot.input.byteLength < bytes) slot.input = new SharedArrayBuffer(bytes);
    return new Uint8Array(slot.input, 0, bytes);
  }

  output(slot: Slot, bytes: number): void {
    if (slot.output.byteLength < bytes) slot.output = new SharedArrayBuffer(bytes);
  }
}
