import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { ModelFile } from '@llmi/core';
import { fileSize } from '../cache.js';
import { contentHash } from '../download/content-hash.js';

export interface BrokenFile {
  path: string;
  problem: 'missing' | 'size' | 'content';
}

export interface VerifyOptions {
  signal?: AbortSignal;
  onProgress?: (progress: { file: string; bytes: number; totalBytes: number }) => void;
}

const reportEveryBytes = 16 << 20;

/** The files of `folder` that are not as listed: not there, of another size, or, where a hash is known, of other content. */
export async function verifyFiles(folder: string, files: readonly ModelFile[], { signal, onProgress }: VerifyOptions = {}): Promise<BrokenFile[]> {
  const broken: BrokenFile[] = [];
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let bytes = 0;
  for (const file of files) {
    signal?.throwIfAborted();
    const size = await fileSize(join(folder, file.path));
    const done = bytes + file.sizeBytes;
    if (size === undefined) broken.push({ path: file.path, problem: 'missing' });
    else if (size !== file.sizeBytes) broken.push({ path: file.path, problem: 'size' });
    else if (!(await isProven(join(folder, file.path), file, (read) => onProgress?.({ file: file.path, bytes: bytes + read, totalBytes }), signal))) {
      broken.push({ path: file.path, problem: 'content' });
    }
    bytes = done;
    onProgress?.({ file: file.path, bytes, totalBytes });
  }
  return broken;
}

/** Paths of the files that are not there with their size; no content is read. */
export async function missingFiles(folder: string, files: readonly ModelFile[]): Promise<string[]> {
  const sizes = await Promise.all(files.map(({ path }) => fileSize(join(folder, path))));
  return files.filter(({ sizeBytes }, index) => sizes[index] !== sizeBytes).map(({ path }) => path);
}

/** True when the content has the listed hash, or no hash is listed, as of a local model. */
async function isProven(path: string, file: ModelFile, onRead: (bytes: number) => void, signal?: AbortSignal): Promise<boolean> {
  if (file.sha256 === undefined && file.gitSha1 === undefined) return true;
  const { hash, expected } = contentHash(file);
  let [read, told] = [0, 0];
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    read += chunk.length;
    if (read - told < reportEveryBytes) continue;
    told = read;
    onRead(read);
  }
  return hash.digest('hex') === expected;
}
