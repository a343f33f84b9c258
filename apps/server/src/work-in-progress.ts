import type { ServerResponse } from 'node:http';
import { LlmiError } from '@llmi/core';

/** How long aborted work and closed connections may take to say goodbye. */
export const farewellMs = 2000;

/** One piece of work for one client. Disposing it says that it is over. */
export interface Work extends Disposable {
  readonly signal: AbortSignal;
  cancel(reason: LlmiError): void;
}

/** Everything that is being answered at the moment: what closing the server waits for, and then ends. */
export class WorkInProgress {
  readonly #running = new Set<AbortController>();
  #draining = false;
  #becameIdle = () => {};

  get draining(): boolean {
    return this.#draining;
  }

  /** @throws {LlmiError} SHUTTING_DOWN when no new work is taken */
  begin(): Work {
    if (this.#draining) throw shuttingDown();
    const controller = new AbortController();
    this.#running.add(controller);
    return {
      signal: controller.signal,
      cancel: (reason) => controller.abort(reason),
      [Symbol.dispose]: () => {
        if (this.#running.delete(controller) && this.#running.size === 0) this.#becameIdle();
      },
    };
  }

  /** Work for one HTTP reply: aborted when the client goes away before the reply is complete. */
  beginReply(response: ServerResponse): Work {
    const work = this.begin();
    const gone = () => {
      if (!response.writableFinished) work.cancel(clientGone());
    };
    if (response.closed) gone();
    else response.once('close', gone);
    return work;
  }

  /** Lets the work in progress end, for a while, then aborts it. */
  async drain(patienceMs: number): Promise<void> {
    this.#draining = true;
    if (await this.#idleWithin(patienceMs)) return;
    for (const controller of this.#running) controller.abort(shuttingDown());
    await this.#idleWithin(farewellMs);
  }

  #idleWithin(milliseconds: number): Promise<boolean> {
    if (this.#running.size === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const late = setTimeout(() => resolve(false), milliseconds);
      this.#becameIdle = () => {
        clearTimeout(late);
        resolve(true);
      };
    });
  }
}

export function clientGone(): LlmiError {
  return new LlmiError('CANCELLED', { message: 'The client closed the connection.' });
}

export function shuttingDown(): LlmiError {
  return new LlmiError('SHUTTING_DOWN', { message: 'The server is shutting down.', hint: 'Send the request again in a moment.' });
}
