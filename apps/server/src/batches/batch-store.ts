import { LlmiError } from '@llmi/core';
import type { Batch } from '../dialects/openai/batches/schemas.js';
import { newId } from '../new-id.js';
import { transaction, type Database } from './database.js';

/** One request of a batch. */
export interface BatchRow {
  line: number; // counted from 1
  custom_id: string;
  body: string; // JSON
}

/** How one was answered. */
export interface AnsweredRow extends BatchRow {
  status: number;
  answer: string; // JSON
}

export interface OwnedBatch {
  owner: string;
  batch: Batch;
}

/** A row that was not asked before the batch ended. */
export const neverAsked = 0;

const overStates = new Set<Batch['status']>(['completed', 'failed', 'expired', 'cancelled']);

/** Batches and their rows in the database: what a row was answered is written once, with the count that follows from it. */
export class BatchStore {
  constructor(readonly database: Database) {}

  add(owner: string, facts: Pick<Batch, 'endpoint' | 'input_file_id' | 'completion_window' | 'metadata' | 'created_at' | 'expires_at'>): Batch {
    const batch: Batch = {
      id: newId('batch_'),
      object: 'batch',
      status: 'validating',
      errors: null,
      output_file_id: null,
      error_file_id: null,
      in_progress_at: null,
      finalizing_at: null,
      completed_at: null,
      failed_at: null,
      expired_at: null,
      cancelling_at: null,
      cancelled_at: null,
      request_counts: { total: 0, completed: 0, failed: 0 },
      ...facts,
    };
    this.database.prepare('INSERT INTO batches VALUES (?, ?, ?, 0, ?)').run(batch.id, owner, batch.created_at, JSON.stringify(batch));
    return batch;
  }

  update(batch: Batch, change: Partial<Batch>): Batch {
    const changed = { ...batch, ...change };
    this.database.prepare('UPDATE batches SET facts = ?, is_over = ? WHERE id = ?').run(JSON.stringify(changed), Number(overStates.has(changed.status)), batch.id);
    return changed;
  }

  /** @throws {LlmiError} NOT_FOUND */
  get(owner: string, id: string): Batch {
    const found = this.database.prepare('SELECT facts FROM batches WHERE id = ? AND owner = ?').get(id, owner) as { facts: string } | undefined;
    if (found) return this.#counted(JSON.parse(found.facts) as Batch);
    throw new LlmiError('NOT_FOUND', { message: `There is no batch "${id.slice(0, 100)}".`, hint: 'GET /v1/batches lists yours.' });
  }

  /** Newest first. */
  list(owner: string, { after, limit }: { after?: string | undefined; limit: number }): { batches: Batch[]; hasMore: boolean } {
    const all = this.database.prepare('SELECT id, facts FROM batches WHERE owner = ? ORDER BY created_at DESC, rowid DESC').all(owner) as { id: string; facts: string }[];
    const start = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
    return { batches: all.slice(start, start + limit).map(({ facts }) => this.#counted(JSON.parse(facts) as Batch)), hasMore: all.length > start + limit };
  }

  /** What is to be done, oldest first. */
  open(): OwnedBatch[] {
    const found = this.database.prepare('SELECT owner, facts FROM batches WHERE is_over = 0 ORDER BY created_at, rowid').all() as { owner: string; facts: string }[];
    return found.map(({ owner, facts }) => ({ owner, batch: this.#counted(JSON.parse(facts) as Batch) }));
  }

  /** Takes the rows in, all of them or none; what a cut validation left is replaced. */
  addRows(batch: Batch, rows: readonly BatchRow[], change: Partial<Batch>): Batch {
    return transaction(this.database, () => {
      this.database.prepare('DELETE FROM batch_rows WHERE batch = ?').run(batch.id);
      const insert = this.database.prepare('INSERT INTO batch_rows VALUES (?, ?, ?, ?, NULL, NULL)');
      for (const { line, custom_id, body } of rows) insert.run(batch.id, line, custom_id, body);
      return this.update(batch, change);
    });
  }

  /** Rows without an answer, in order. */
  pending(batch: Batch, limit: number, afterLine: number): BatchRow[] {
    return this.database.prepare('SELECT line, custom_id, body FROM batch_rows WHERE batch = ? AND status IS NULL AND line > ? ORDER BY line LIMIT ?').all(batch.id, afterLine, limit) as BatchRow[];
  }

  answer(batch: Batch, line: number, status: number, answer: string): void {
    this.database.prepare('UPDATE batch_rows SET status = ?, answer = ? WHERE batch = ? AND line = ? AND status IS NULL').run(status, answer, batch.id, line);
  }

  giveUp(batch: Batch, error: { code: string; message: string }): void {
    this.database.prepare('UPDATE batch_rows SET status = ?, answer = ? WHERE batch = ? AND status IS NULL').run(neverAsked, JSON.stringify(error), batch.id);
  }

  *answers(batch: Batch): IterableIterator<AnsweredRow> {
    yield* this.database.prepare('SELECT * FROM batch_rows WHERE batch = ? AND status IS NOT NULL ORDER BY line').iterate(batch.id) as IterableIterator<AnsweredRow>;
  }

  /** Of a batch that is over nothing but its files is needed. */
  dropRows(batch: Batch): void {
    this.database.prepare('DELETE FROM batch_rows WHERE batch = ?').run(batch.id);
  }

  #counted(batch: Batch): Batch {
    if (overStates.has(batch.status)) return batch;
    const counts = this.database.prepare('SELECT COUNT(*) AS total, COUNT(CASE WHEN status BETWEEN 200 AND 299 THEN 1 END) AS completed, COUNT(status) AS answered FROM batch_rows WHERE batch = ?').get(batch.id) as { total: number; completed: number; answered: number };
    return { ...batch, request_counts: { total: counts.total, completed: counts.completed, failed: counts.answered - counts.completed } };
  }
}
