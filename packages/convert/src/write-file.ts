import { randomBytes } from 'node:crypto';
import { open, rename, rm, stat, statfs } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { LlmiError } from '@llmi/core';
import { formatBytes } from '@llmi/core/units';
import { writeError } from './errors.js';
import { aligned, elementCount } from './gguf/header.js';
import { typeBytes } from './quantize/quantize.js';
import { ChunkConverter } from './write/chunk-converter.js';
import { writeFully, writeTensors, type PlannedTensor, type WriteProgress } from './write/write-tensors.js';

export interface WriteFileOptions {
  signal?: AbortSignal;
  onProgress?: (progress: WriteProgress) => void;
  /** Worker threads; as many as cores by default, none for a small model. */
  threads?: number;
}

const smallModelBytes = 64 << 20; // converted sooner than a thread has started
const maxThreads = 3; // beyond, the disk is what one waits for, and each takes its memory

/**
 * Writes a GGUF file under a temporary name beside `target` and gives it its name when it is whole and on the disk.
 *
 * @param header as of `encodeHeader` for the same tensors
 * @returns bytes of the file
 * @throws {LlmiError} DISK_FULL, PERMISSION_DENIED, MODEL_NOT_FOUND for a folder that is not there
 */
export async function writeFile(target: string, header: Uint8Array, tensors: readonly PlannedTensor[], options: WriteFileOptions): Promise<number> {
  const dataBytes = tensors.reduce((sum, { type, shape }) => sum + aligned(typeBytes(type, elementCount(shape))), 0);
  const name = basename(target);
  const temporary = join(dirname(target), `.${name}.${randomBytes(6).toString('hex')}.part`);
  try {
    await checkRoom(target, header.length + dataBytes);
    const file = await open(temporary, 'wx');
    try {
      await writeFully(file, header, 0);
      const threads = options.threads ?? (dataBytes < smallModelBytes ? 0 : Math.min(maxThreads, availableParallelism()));
      await using converter = new ChunkConverter(new URL('../dist/convert-worker.js', import.meta.url), threads);
      await writeTensors(file, header.length, tensors, converter, options);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
    return header.length + dataBytes;
  } catch (error) {
    await rm(temporary, { force: true });
    throw LlmiError.is(error) ? error : writeError(error, name);
  }
}

/** Better now than after an hour. */
async function checkRoom(target: string, bytes: number): Promise<void> {
  if (await stat(target).then((found) => found.isDirectory(), () => false)) {
    throw new LlmiError('INPUT_INVALID', { message: `${basename(target)} is a folder.`, hint: 'Name the file to write.' });
  }
  const { bavail, bsize } = await statfs(dirname(target));
  if (bavail * bsize >= bytes) return;
  throw new LlmiError('DISK_FULL', {
    message: `${basename(target)} takes ${formatBytes(bytes)}; there are ${formatBytes(bavail * bsize)} free.`,
    hint: 'Free some space, write it to another disk, or choose a smaller type.',
  });
}
