import { createReadStream, createWriteStream, type ReadStream, type WriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { LlmiError } from '@llmi/core';
import { newId } from '../new-id.js';
import { batchFolder, type Database } from './database.js';

export interface StoredFile {
  id: string;
  owner: string;
  filename: string;
  purpose: string;
  bytes: number;
  created_at: number; // seconds since 1970
}

/** Files of clients on the disk. Each client sees its own. */
export class FileShelf {
  constructor(
    readonly database: Database,
    readonly home: string,
  ) {}

  async add(owner: string, { filename, purpose }: Pick<StoredFile, 'filename' | 'purpose'>, content: Readable): Promise<StoredFile> {
    const writer = this.writer();
    try {
      await pipeline(content, writer.stream);
      return await this.keep(owner, { filename, purpose }, writer.id);
    } catch (error) {
      await this.discard(writer.id);
      throw error;
    }
  }

  /** A file in the making; `keep` makes it one. */
  writer(): { id: string; stream: WriteStream } {
    const id = newId('file-');
    return { id, stream: createWriteStream(this.#path(id, true), { mode: 0o600 }) };
  }

  async discard(id: string): Promise<void> {
    await rm(this.#path(id, true), { force: true });
  }

  async keep(owner: string, { filename, purpose }: Pick<StoredFile, 'filename' | 'purpose'>, id: string): Promise<StoredFile> {
    const path = this.#path(id);
    await rename(this.#path(id, true), path);
    const file: StoredFile = { id, owner, filename, purpose, bytes: (await stat(path)).size, created_at: Math.floor(Date.now() / 1000) };
    this.database.prepare('INSERT INTO files VALUES (?, ?, ?, ?, ?, ?)').run(id, owner, filename, purpose, file.bytes, file.created_at);
    return file;
  }

  /** Newest first. */
  list(owner: string, { purpose, after, limit }: { purpose?: string | undefined; after?: string | undefined; limit: number }): { files: StoredFile[]; hasMore: boolean } {
    const all = this.database.prepare('SELECT * FROM files WHERE owner = ? AND (? IS NULL OR purpose = ?) ORDER BY created_at DESC, rowid DESC').all(owner, purpose ?? null, purpose ?? null) as StoredFile[];
    const start = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
    return { files: all.slice(start, start + limit), hasMore: all.length > start + limit };
  }

  /** @throws {LlmiError} NOT_FOUND */
  get(owner: string, id: string): StoredFile {
    const file = this.database.prepare('SELECT * FROM files WHERE id = ? AND owner = ?').get(id, owner) as StoredFile | undefined;
    if (file) return file;
    throw new LlmiError('NOT_FOUND', { message: `There is no file "${id.slice(0, 100)}".`, hint: 'GET /v1/files lists yours.' });
  }

  read(id: string): ReadStream {
    return createReadStream(this.#path(id));
  }

  async delete(owner: string, id: string): Promise<void> {
    this.get(owner, id);
    this.database.prepare('DELETE FROM files WHERE id = ?').run(id);
    await rm(this.#path(id), { force: true });
  }

  #path(id: string, isPart = false): string {
    return join(batchFolder(this.home), 'files', isPart ? `${id}.part` : id);
  }
}
