import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { LlmiError } from '@llmi/core';

/** Where a sound comes from: its bytes, or the path of its file. */
export type AudioInput = Uint8Array | string;

/** Bytes read one after the other, from memory or from a file that is never held as a whole. */
export interface ByteSource extends AsyncDisposable {
  readonly sizeBytes: number;
  /** The next bytes, fewer only at the end. */
  read(bytes: number): Promise<Uint8Array>;
  skip(bytes: number): void;
}

/** @throws {LlmiError} INPUT_INVALID when there is no file at the path */
export async function openBytes(input: AudioInput): Promise<ByteSource> {
  return typeof input === 'string' ? openFile(input) : new MemorySource(input);
}

class MemorySource implements ByteSource {
  #position = 0;

  constructor(private readonly bytes: Uint8Array) {}

  get sizeBytes(): number {
    return this.bytes.length;
  }

  async read(bytes: number): Promise<Uint8Array> {
    const part = this.bytes.subarray(this.#position, this.#position + bytes);
    this.#position += part.length;
    return part;
  }

  skip(bytes: number): void {
    this.#position = Math.min(this.bytes.length, this.#position + bytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

async function openFile(path: string): Promise<ByteSource> {
  const handle = await open(path, 'r').catch((cause: unknown) => {
    throw new LlmiError('INPUT_INVALID', { message: `The sound file ${basename(path)} cannot be opened.`, hint: 'Check the path and its permissions.', cause });
  });
  const status = await handle.stat();
  if (!status.isFile()) {
    await handle.close();
    throw new LlmiError('INPUT_INVALID', { message: `${basename(path)} is not a file.`, hint: 'Give the path of a sound file.' });
  }
  let position = 0;
  return {
    sizeBytes: status.size,
    async read(bytes) {
      const buffer = new Uint8Array(Math.min(bytes, Math.max(0, status.size - position)));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
      position += bytesRead;
      return buffer.subarray(0, bytesRead);
    },
    skip(bytes) {
      position += bytes;
    },
    [Symbol.asyncDispose]: () => handle.close(),
  };
}
