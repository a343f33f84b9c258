import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { LogEntry } from '@llmi/engine';
import type { Batch } from '../dialects/openai/batches/schemas.js';
import { newId } from '../new-id.js';
import { neverAsked, type AnsweredRow, type BatchRow, type BatchStore, type OwnedBatch } from './batch-store.js';
import type { FileShelf } from './file-shelf.js';
import { readInput } from './read-input.js';

/** The row that is being asked, in the work that belongs to it: such a request comes from the server itself. */
export const askedRow = new AsyncLocalStorage<{ owner: string; signal: AbortSignal }>();

/** Rows wait behind everybody who waits for an answer. */
export const batchPriority = -100;

/** Where others take all the room, a row is tried again after this time, unless the server says another. */
const patienceMs = 1000;

interface RunnerSettings {
  app: FastifyInstance;
  store: BatchStore;
  files: FileShelf;
  /** Rows that are asked at the same time. */
  parallel: number;
  /** The server takes no new work. */
  isClosing: () => boolean;
  log: (entry: LogEntry) => void;
}

const now = () => Math.floor(Date.now() / 1000);

/** Works through the batches, oldest first, one at a time; goes on where the last process stopped. */
export class BatchRunner {
  #running: Promise<void> | undefined;
  #closed = false;
  readonly #stopped = new Map<string, AbortController>();

  constructor(readonly settings: RunnerSettings) {}

  get #closing(): boolean {
    return this.#closed || this.settings.isClosing();
  }

  /** There may be something to do. */
  wake(): void {
    if (this.#closing) return;
    this.#running ??= this.#work().finally(() => {
      this.#running = undefined;
      if (!this.#closing && this.settings.store.open().length > 0) this.wake();
    });
  }

  /** Asks no further row of it. */
  cancel(id: string): void {
    this.#stopped.get(id)?.abort();
  }

  /** Rows whose work is ended now are asked again by the next process. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const controller of this.#stopped.values()) controller.abort();
    await this.#running;
  }

  async #work(): Promise<void> {
    for (let next = this.settings.store.open()[0]; next && !this.#closing; next = this.settings.store.open()[0]) {
      try {
        await this.#run(next);
      } catch (error) {
        this.settings.log({ level: 'error', message: 'a batch failed', batch: next.batch.id, reason: (error as Error).message });
        this.settings.store.update(next.batch, { status: 'failed', failed_at: now(), errors: { object: 'list', data: [{ code: 'internal_error', message: 'The batch could not be worked on.', param: null, line: null }] } });
      }
    }
  }

  async #run({ owner, batch }: OwnedBatch): Promise<void> {
    const { store } = this.settings;
    let current = batch.status === 'validating' ? await this.#validate(owner, batch) : batch;
    if (current.status === 'in_progress') await this.#ask(owner, current);
    if (this.#closing) return;
    current = store.get(owner, batch.id); // it may have been cancelled meanwhile
    if (current.status === 'failed') return;
    const isExpired = current.status === 'in_progress' && store.pending(current, 1, 0).length > 0;
    if (isExpired) store.giveUp(current, { code: 'batch_expired', message: 'The time of the batch was over before this request was asked.' });
    if (current.status === 'cancelling') store.giveUp(current, { code: 'batch_cancelled', message: 'The batch was cancelled before this request was asked.' });
    await this.#finish(owner, current, current.status === 'cancelling' ? 'cancelled' : isExpired ? 'expired' : 'completed');
  }

  async #validate(owner: string, batch: Batch): Promise<Batch> {
    const { store, files } = this.settings;
    const { rows, errors } = await readInput(files.read(batch.input_file_id), batch.endpoint).catch(() => ({
      rows: [],
      errors: [{ code: 'file_not_found', message: 'The input file is gone.', param: 'input_file_id', line: null }],
    }));
    const current = store.get(owner, batch.id);
    if (current.status !== 'validating') return current;
    if (errors.length > 0) return store.update(current, { status: 'failed', failed_at: now(), errors: { object: 'list', data: errors } });
    return store.addRows(current, rows, { status: 'in_progress', in_progress_at: now() });
  }

  /** Every row that has no answer yet, some at a time, until there is none, or the time is over, or somebody stops it. */
  async #ask(owner: string, batch: Batch): Promise<void> {
    const { store, parallel } = this.settings;
    const stop = new AbortController();
    this.#stopped.set(batch.id, stop);
    const late = setTimeout(() => stop.abort(), Math.min(0x7fffffff, Math.max(0, batch.expires_at! * 1000 - Date.now())));
    late.unref();
    let line = 0;
    let waiting: BatchRow[] = [];
    const next = () => {
      if (waiting.length === 0) waiting = store.pending(batch, 100, line);
      const row = waiting.shift();
      if (row) line = row.line;
      return row;
    };
    const worker = async () => {
      for (let row = next(); row && !stop.signal.aborted && !this.#closing; row = next()) await this.#askRow(owner, batch, row, stop.signal);
    };
    await Promise.all(Array.from({ length: parallel }, worker));
    clearTimeout(late);
    this.#stopped.delete(batch.id);
  }

  async #askRow(owner: string, batch: Batch, row: BatchRow, signal: AbortSignal): Promise<void> {
    const { app, store } = this.settings;
    for (;;) {
      const reply = await askedRow.run({ owner, signal }, async () => await app.inject({ method: 'POST', url: batch.endpoint, headers: { 'content-type': 'application/json' }, payload: row.body }));
      const { statusCode } = reply;
      if ((signal.aborted || this.#closing) && statusCode >= 499) return; // it was stopped, and is not answered
      if (statusCode !== 429) return store.answer(batch, row.line, statusCode, reply.body);
      const seconds = Number(reply.headers['retry-after']);
      await wait(seconds > 0 ? seconds * 1000 : patienceMs, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
    }
  }

  /** Writes the files, then says that it is over: a process that ends in between writes them again. */
  async #finish(owner: string, batch: Batch, status: 'completed' | 'expired' | 'cancelled'): Promise<void> {
    const { store } = this.settings;
    const finalizing = store.update(batch, { finalizing_at: batch.finalizing_at ?? now(), ...(batch.status === 'in_progress' ? { status: 'finalizing' as const } : {}) });
    const good = await this.#write(owner, finalizing, 'output', (row) => row.status >= 200 && row.status < 300);
    const bad = await this.#write(owner, finalizing, 'error', (row) => !(row.status >= 200 && row.status < 300));
    const { request_counts } = store.get(owner, batch.id);
    const over = store.update(finalizing, { status, [`${status}_at`]: now(), output_file_id: good, error_file_id: bad, request_counts });
    store.dropRows(over);
  }

  async #write(owner: string, batch: Batch, kind: 'output' | 'error', isWanted: (row: AnsweredRow) => boolean): Promise<string | null> {
    const { store, files } = this.settings;
    const { id, stream } = files.writer();
    let count = 0;
    for (const row of store.answers(batch)) {
      if (!isWanted(row)) continue;
      count += 1;
      if (!stream.write(`${JSON.stringify(lineOf(row))}\n`)) await once(stream, 'drain');
    }
    stream.end();
    await once(stream, 'close');
    if (count === 0) return await files.discard(id), null;
    return (await files.keep(owner, { filename: `${batch.id}_${kind}.jsonl`, purpose: 'batch_output' }, id)).id;
  }
}

function lineOf({ custom_id, status, answer }: AnsweredRow): object {
  const body = JSON.parse(answer) as unknown;
  if (status === neverAsked) return { id: newId('batch_req_'), custom_id, response: null, error: body };
  return { id: newId('batch_req_'), custom_id, response: { status_code: status, request_id: newId('req_'), body }, error: null };
}
