import { createReadStream } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelFile } from '@llmi/core';
import { fileSize, isInSnapshot, type RepositoryCache } from '../cache.js';
import type { HubClient } from '../http/hub-client.js';
import { ContentChangedError, RemoteFile } from '../http/remote-file.js';
import { wrongContent } from '../model-files.js';
import { contentHash } from './content-hash.js';
import { diskError } from './disk.js';
import { acquireLock, tryLock } from './file-lock.js';
import { bytesOnDisk, hasHoles, PartialFile, removePartial } from './partial-file.js';
import { completeFile, type TransferOptions } from './transfer.js';

const attempts = 2; // wrong bytes are fetched once more, from the start

export interface BlobTask extends TransferOptions {
  client: HubClient;
  cache: RepositoryCache;
  revision: string;
  file: ModelFile;
  /** Compare also what is there already with its hash. */
  verify: boolean;
}

/**
 * Brings one file into the cache's blobs, proven by its hash, and says whether it did: with `wait: false` a file that another process
 * fetches right now is left to that process. Until it is proven its bytes lie in a quarantine file, which a later run goes on with.
 * @throws {LlmiError} DOWNLOAD_CORRUPT, DISK_FULL, PERMISSION_DENIED, and as `HubClient.bytes`
 */
export async function fetchBlob(task: BlobTask, { wait }: { wait: boolean }): Promise<boolean> {
  const { cache, file, signal, onBytes, connections } = task;
  if (!(await isThere(task))) {
    const showOthers = () => void bytesOnDisk(cache.quarantine(file)).then((bytes) => onBytes(Math.min(bytes, file.sizeBytes), 0));
    await using lock = wait ? await acquireLock(cache.lock(file), { signal, onWait: showOthers }) : await tryLock(cache.lock(file));
    if (!lock) return false;
    if (!(await isThere(task))) {
      connections.files++;
      try {
        await fetchProven(task);
      } catch (error) {
        throw diskError(error, cache.blobsFolder);
      } finally {
        connections.files--;
      }
    }
  }
  onBytes(file.sizeBytes, 0);
  return true;
}

/** True when the file need not be fetched: as a blob, or in the snapshot where there are no links. Size tells, unless there is reason for doubt. */
async function isThere({ cache, revision, file, verify, signal }: BlobTask): Promise<boolean> {
  const blob = cache.blob(file);
  const inSnapshot = join(cache.snapshot(revision), file.path);
  const path = (await fileSize(blob)) === file.sizeBytes ? blob : (await isInSnapshot(cache, revision, file)) ? inSnapshot : undefined;
  if (path === undefined) return false;
  const status = await lstat(path); // what a link leads to is somebody else's: that is verified always
  if (!verify && status.isFile() && !hasHoles(status)) return true;
  const { hash, expected } = contentHash(file);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal }) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex') === expected;
}

async function fetchProven({ client, cache, revision, file, ...options }: BlobTask): Promise<void> {
  const path = cache.quarantine(file);
  for (let attempt = 1; ; attempt++) {
    let fault: unknown;
    try {
      await using partial = await PartialFile.open(path, file.sizeBytes);
      const { hash, expected } = contentHash(file);
      await completeFile(new RemoteFile(client, { id: cache.id, revision, ...file }), partial, hash, options);
      if (hash.digest('hex') === expected) return await partial.publish(cache.blob(file));
    } catch (error) {
      if (!(error instanceof ContentChangedError)) throw error;
      fault = error;
    }
    await removePartial(path);
    if (attempt === attempts) throw wrongContent({ ...file, id: cache.id }, fault);
  }
}
