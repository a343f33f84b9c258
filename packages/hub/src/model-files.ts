import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LlmiError, type ModelFile, type ModelInfo } from '@llmi/core';
import { fileSource, remoteSource, type ByteSource } from './byte-source.js';
import { fileSize, RepositoryCache } from './cache.js';
import { contentHash } from './download/content-hash.js';
import type { HubClient } from './http/hub-client.js';
import { ContentChangedError, RemoteFile } from './http/remote-file.js';

/** How the files of one model are read, wherever they are. */
export interface ModelFiles {
  text(file: ModelFile, signal?: AbortSignal): Promise<string>;
  /** Opens a file for reading parts of it. The caller disposes the source. */
  source(file: ModelFile, signal?: AbortSignal): Promise<ByteSource & AsyncDisposable>;
}

/** Files in a folder of this machine. */
export function localFiles(folder: string): ModelFiles {
  return {
    text: ({ path }) => readFile(join(folder, path), 'utf8'),
    source: ({ path }) => fileSource(join(folder, path), path),
  };
}

/** Files of a commit on the hub; what the cache already has is read there. */
export function hubFiles(client: HubClient, { id, revision }: { id: string; revision: string }, cacheDir: string): ModelFiles {
  const cache = new RepositoryCache(cacheDir, id);
  const cachedPath = async (file: ModelFile) => ((await fileSize(cache.blob(file))) === file.sizeBytes ? cache.blob(file) : undefined);
  return {
    async text(file, signal) {
      const cached = await cachedPath(file);
      return cached === undefined ? fetchText(client, { id, revision, ...file }, signal) : readFile(cached, 'utf8');
    },
    async source(file, signal) {
      const cached = await cachedPath(file);
      if (cached !== undefined) return fileSource(cached, file.path);
      return { ...remoteSource(new RemoteFile(client, { id, revision, ...file }), signal), [Symbol.asyncDispose]: async () => undefined };
    },
  };
}

/** A small file's text, proven by its hash; wrong bytes are fetched once more. */
async function fetchText(client: HubClient, file: ModelFile & { id: string; revision: string }, signal?: AbortSignal): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const chunks: Uint8Array[] = [];
    const { hash, expected } = contentHash(file);
    for await (const chunk of unchanged(new RemoteFile(client, file).stream(0, file.sizeBytes, signal), file)) {
      chunks.push(chunk);
      hash.update(chunk);
    }
    if (hash.digest('hex') === expected) return Buffer.concat(chunks).toString('utf8');
    if (attempt === 2) throw wrongContent(file);
  }
}

/** The error for bytes that are not those the hub lists. */
export function wrongContent(file: ModelFile & { id: string }, cause?: unknown): LlmiError {
  return new LlmiError('DOWNLOAD_CORRUPT', {
    message: `What comes for ${file.path} of ${file.id} is not what the hub lists${cause instanceof Error ? `: ${cause.message}` : ' (its hash differs)'}.`,
    hint: 'Run the command again. If it stays so, a proxy changes the content, or the repository is being changed right now.',
    cause,
  });
}

async function* unchanged(stream: AsyncIterable<Uint8Array>, file: ModelFile & { id: string }): AsyncIterable<Uint8Array> {
  try {
    yield* stream;
  } catch (error) {
    throw error instanceof ContentChangedError ? wrongContent(file, error) : error;
  }
}

/** The listed file at `path`. @throws {LlmiError} MODEL_FILE_MISSING */
export function listedFile(info: ModelInfo, path: string): ModelFile {
  const file = info.files.find((listed) => listed.path === path);
  if (file) return file;
  throw new LlmiError('MODEL_FILE_MISSING', { message: `${info.id} has no file ${path}.`, hint: 'Choose among the files that inspect() lists.' });
}
