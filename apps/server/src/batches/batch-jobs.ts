import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Gateway } from '../gateway.js';
import { BatchRunner } from './batch-runner.js';
import { BatchStore } from './batch-store.js';
import { batchFolder, openDatabase } from './database.js';
import { FileShelf } from './file-shelf.js';

export interface OpenJobs {
  store: BatchStore;
  files: FileShelf;
  runner: BatchRunner;
}

/** Files and batches of this home. The database is opened by the first request that needs it, or at once where there are jobs of before. */
export class BatchJobs {
  #open: OpenJobs | undefined;

  constructor(
    readonly app: FastifyInstance,
    readonly gateway: Gateway,
  ) {
    app.addHook('onReady', async () => {
      if (existsSync(join(batchFolder(this.#home), 'batches.sqlite'))) this.#resume();
    });
    app.addHook('preClose', async () => {
      await this.#open?.runner.close();
      this.#open?.store.database.close();
    });
  }

  get #home(): string {
    return this.gateway.engine.settings.home;
  }

  /** @throws {LlmiError} DEPENDENCY_MISSING, INSTALL_LOCKED */
  open(): OpenJobs {
    if (this.#open) return this.#open;
    const database = openDatabase(this.#home);
    const store = new BatchStore(database);
    const files = new FileShelf(database, this.#home);
    const { app, gateway } = this;
    return (this.#open = { store, files, runner: new BatchRunner({ app, store, files, parallel: gateway.engine.settings.parallel, isClosing: () => gateway.work.draining, log: gateway.log }) });
  }

  /** A server that cannot go on with the jobs serves everything else. */
  #resume(): void {
    try {
      this.open().runner.wake();
    } catch (error) {
      this.gateway.log({ level: 'warn', message: 'batch jobs are not worked on', reason: (error as Error).message });
    }
  }
}
