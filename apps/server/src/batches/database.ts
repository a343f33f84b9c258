import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { LlmiError } from '@llmi/core';

/** What is used of node:sqlite, which Node.js 20 does not have. Source: https://nodejs.org/api/sqlite.html */
export interface Statement {
  run(...values: (string | number | null)[]): { changes: number | bigint };
  get(...values: (string | number | null)[]): unknown;
  all(...values: (string | number | null)[]): unknown[];
  iterate(...values: (string | number | null)[]): IterableIterator<unknown>;
}

export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

interface SqliteModule {
  DatabaseSync: new (path: string) => Database;
}

const schema = `
  CREATE TABLE IF NOT EXISTS files (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, filename TEXT NOT NULL, purpose TEXT NOT NULL, bytes INTEGER NOT NULL, created_at INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS batches (id TEXT PRIMARY KEY, owner TEXT NOT NULL, created_at INTEGER NOT NULL, is_over INTEGER NOT NULL, facts TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS batch_rows (
    batch TEXT NOT NULL, line INTEGER NOT NULL, custom_id TEXT NOT NULL, body TEXT NOT NULL, status INTEGER, answer TEXT, PRIMARY KEY (batch, line)
  ) WITHOUT ROWID;
  CREATE UNIQUE INDEX IF NOT EXISTS row_names ON batch_rows (batch, custom_id);
`;

/** The folder below the llmi home where files and jobs are. */
export function batchFolder(home: string): string {
  return join(home, 'batches');
}

/**
 * Opens the database of the batch jobs. One server of a home has it at a time, until its process ends, however it does.
 * What is committed survives the end of the process at any moment.
 * @throws {LlmiError} DEPENDENCY_MISSING before Node.js 22.13; INSTALL_LOCKED while another server has it
 */
export function openDatabase(home: string): Database {
  const sqlite = process.getBuiltinModule('node:sqlite') as unknown as SqliteModule | undefined;
  if (!sqlite) throw new LlmiError('DEPENDENCY_MISSING', { message: `Batch jobs need the SQLite of Node.js, which ${process.versions.node} does not have.`, hint: 'Run the server with Node.js 22.13 or newer.' });
  const folder = batchFolder(home);
  mkdirSync(join(folder, 'files'), { recursive: true, mode: 0o700 });
  const database = new sqlite.DatabaseSync(join(folder, 'batches.sqlite'));
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
    database.exec(schema);
    return database;
  } catch (error) {
    database.close();
    if (!/locked|busy/i.test((error as Error).message)) throw error;
    throw new LlmiError('INSTALL_LOCKED', { message: 'Another server of this llmi home has the batch jobs.', hint: 'Send them to that one, or start this one with another home.', cause: error });
  }
}

/** All of it or nothing. */
export function transaction<Result>(database: Database, work: () => Result): Result {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}
