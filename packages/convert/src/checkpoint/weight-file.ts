import { open, type FileHandle } from 'node:fs/promises';
import type { ByteSource } from '@llmi/hub';

/** A file of weights that stays open; read into memory that is used again and again. */
export class WeightFile implements ByteSource, AsyncDisposable {
  #scratch = new Uint8Array();

  private constructor(
    readonly name: string,
    readonly sizeBytes: number,
    readonly handle: FileHandle,
  ) {}

  /** @param name how errors call it */
  static async open(path: string, name: string): Promise<WeightFile> {
    const handle = await open(path, 'r');
    return new WeightFile(name, (await handle.stat()).size, handle);
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.sizeBytes - offset)));
    return bytes.subarray(0, await this.readInto(offset, bytes));
  }

  /** Fills `into` with the bytes from `offset` on. @returns how many there were */
  async readInto(offset: number, into: Uint8Array): Promise<number> {
    let filled = 0;
    while (filled < into.length) {
      const { bytesRead } = await this.handle.read(into, filled, into.length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled;
  }

  /** Memory for rows on their way to their place; the next call may give the same. */
  scratch(bytes: number): Uint8Array {
    if (this.#scratch.length < bytes) this.#scratch = new Uint8Array(bytes);
    return this.#scratch.subarray(0, bytes);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.handle.close();
  }
}
