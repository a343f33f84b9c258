import { open, type FileHandle } from 'node:fs/promises';
import { LlmiError } from '@llmi/core';
import { RemoteFile } from './http/remote-file.js';

/** Something that can be read at any position: a file, or a file of the hub by range requests. */
export interface ByteSource {
  /** Path as shown in errors. */
  name: string;
  sizeBytes: number;
  /** The bytes [offset, offset + length), fewer only at the end. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** A local file as a source. Close it with `await using`. */
export async function fileSource(path: string, name = path): Promise<ByteSource & AsyncDisposable> {
  const handle = await openForReading(path, name);
  const { size } = await handle.stat();
  return {
    name,
    sizeBytes: size,
    async read(offset, length) {
      const buffer = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
      let filled = 0;
      while (filled < buffer.length) {
        const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, offset + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return buffer.subarray(0, filled);
    },
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

async function openForReading(path: string, name: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') {
      throw new LlmiError('MODEL_FILE_MISSING', { message: `The file ${name} does not exist.`, hint: 'Install the model again.', cause });
    }
    if (code === 'EACCES' || code === 'EPERM') {
      throw new LlmiError('PERMISSION_DENIED', { message: `The file ${name} may not be read.`, hint: 'Check its owner and mode.', cause });
    }
    throw cause;
  }
}

/** A file of the hub as a source. */
export function remoteSource(file: RemoteFile, signal?: AbortSignal): ByteSource {
  const { path, sizeBytes } = file.facts;
  return {
    name: path,
    sizeBytes,
    async read(offset, length) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of file.stream(offset, Math.min(sizeBytes, offset + length), signal)) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
  };
}
