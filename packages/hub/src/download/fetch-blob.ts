import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { constants } from 'node:fs';
import type { ModelFile } from '@llmi/core';
import { fileSize, type RepositoryCache } from '../cache.js';
import type { HubClient } from '../http/hub-client.js';
import { ContentChangedError, RemoteFile } from '../http/remote-file.js';
import { wrongContent } from '../model-files.js';
import { contentHash } from './content-hash.js';
import { diskError } from './disk.js';
import { acquireLock } from './file-lock.js';
import { orderedStream } from './ordered-stream.js';

const attempts = 2; // wrong bytes are fetched once more, from the start

export interface BlobTask {
  client: HubClient;
  cache: RepositoryCache;
  revision: string;
  file: ModelFile;
  connections: number;
  signal: AbortSignal;
  /** `bytes` of the file are there, `fetched` of them new. */
  onBytes: (bytes: number, fetched: number) => void;
}

/**
 * Brings one file into the cache's blobs, proven by its hash. Until then its bytes lie in a quarantine file, which a later run
 * goes on with; another process that fetches the same file waits and finds it done.
 * @throws {LlmiError} DOWNLOAD_CORRUPT, DISK_FULL, PERMISSION_DENIED, and as `HubClient.bytes`
 */
export async function fetchBlob(task: BlobTask): Promise<void> {
  const { cache, file, signal, onBytes } = task;
  const isThere = async () => (await fileSize(cache.blob(file))) === file.sizeBytes;
  if (!(await isThere())) {
    await using _lock = await acquireLock(cache.lock(file), { signal });
    if (!(await isThere())) await fetchProven(task);
  }
  onBytes(file.sizeBytes, 0);
}

async function fetchProven(task: BlobTask): Promise<void> {
  const { cache, file } = task;
  const path = cache.quarantine(file);
  for (let attempt = 1; ; attempt++) {
    let fault: unknown;
    try {
      if (await fetchInto(path, task)) {
        await rename(path, cache.blob(file));
        return;
      }
    } catch (error) {
      if (!(error instanceof ContentChangedError)) throw diskError(error, cache.blobsFolder);
      fault = error;
    }
    await rm(path, { force: true });
    if (attempt === attempts) throw wrongContent({ ...file, id: cache.id }, fault);
  }
}

/** Completes the quarantine file and says whether its content is the listed one. What is in it already is hashed, not trusted. */
async function fetchInto(path: string, { client, cache, revision, file, connections, signal, onBytes }: BlobTask): Promise<boolean> {
  await using handle = await open(path, constants.O_RDWR | constants.O_CREAT, 0o644);
  const { size } = await handle.stat();
  if (size > file.sizeBytes) await handle.truncate(0);
  const { hash, expected } = contentHash(file);
  let position = 0;
  for await (const chunk of existing(handle, size > file.sizeBytes ? 0 : size)) {
    signal.throwIfAborted();
    hash.update(chunk);
    position += chunk.length;
    onBytes(position, 0);
  }
  const remote = new RemoteFile(client, { id: cache.id, revision, ...file });
  for await (const chunk of orderedStream(remote, position, connections, signal)) {
    await writeAll(handle, chunk, position);
    hash.update(chunk);
    position += chunk.length;
    onBytes(position, chunk.length);
  }
  if (hash.digest('hex') !== expected) return false;
  await handle.sync();
  return true;
}

async function* existing(handle: FileHandle, size: number): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(1 << 20);
  for (let position = 0; position < size; ) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, size - position), position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function writeAll(handle: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < chunk.length; ) {
    const { bytesWritten } = await handle.write(chunk, written, chunk.length - written, position + written);
    written += bytesWritten;
  }
}
