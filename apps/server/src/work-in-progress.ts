import type { ServerResponse } from 'node:http';
import { LlmiError } from '@llmi/core';
import { follow, recordOf } from './observe/request-record.js';

/** How long aborted work and closed connections may take to say goodbye. */
export const farewellMs = 2000;

/** What Node's timers can count to. */
const longestTimerMs = 0x7fffffff;

interface WorkOptions {
  /** Takes as long as it takes: a download, a film. */
  isLong?: boolean;
  /** As the client asks, within what the server allows. */
  timeoutMs?: number;
}

/** One piece of work for one client. Disposing it says that it is over. */
export interface Work extends Disposable {
  readonly signal: AbortSignal;
  cancel(reason: LlmiError): void;
}

/** Everything that is being answered at the moment: what closing the server waits for, and then ends. */
export class WorkInProgress {
  readonly #timeoutMs: number | undefined;
  readonly #running = new Set<AbortController>();
  #draining = false;
  #becameIdle = () => {};

  /** `timeoutMs`: the longest that work may take which is not long by its nature. */
  constructor({ timeoutMs }: { timeoutMs?: number } = {}) {
    this.#timeoutMs = timeoutMs;
  }

  get count(): number {
    return this.#running.size;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** @throws {LlmiError} SHUTTING_DOWN when no new work is taken */
  begin({ isLong = false, timeoutMs = Number.POSITIVE_INFINITY }: WorkOptions = {}): Work {
    if (this.#draining) throw shuttingDown();
    const controller = new AbortController();
    this.#running.add(controller);
    const limitMs = Math.min(timeoutMs, isLong ? Number.POSITIVE_INFINITY : (this.#timeoutMs ?? Number.POSITIVE_INFINITY));
    const late = limitMs <= longestTimerMs ? setTimeout(() => controller.abort(tookTooLong(limitMs)), limitMs) : undefined;
    late?.unref();
    return {
      signal: controller.signal,
      cancel: (reason) => controller.abort(reason),
      [Symbol.dispose]: () => {
        clearTimeout(late);
        if (this.#running.delete(controller) && this.#running.size === 0) this.#becameIdle();
      },
    };
  }

  /** Work for one HTTP reply: aborted when the client goes away before the reply is complete. */
  beginReply(response: ServerResponse, { isLong }: Pick<WorkOptions, 'isLong'> = {}): Work {
    const work = this.begin({ isLong, timeoutMs: askedTimeoutMs(response.req.headers['x-request-timeout']) });
    const record = recordOf(response);
    follow(work.signal, record);
    const gone = () => {
      if (!response.writableFinished) work.cancel(clientGone());
    };
    if (response.closed || record.until?.aborted) gone();
    else response.once('close', gone);
    record.until?.addEventListener('abort', gone, { once: true, signal: work.signal });
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

/** The header X-Request-Timeout, in seconds. @throws {LlmiError} INPUT_INVALID */
function askedTimeoutMs(header: string | string[] | undefined): number | undefined {
  if (header === undefined) return undefined;
  const seconds = Number(header);
  if (String(header).trim() !== '' && seconds > 0 && Number.isFinite(seconds)) return seconds * 1000;
  throw new LlmiError('INPUT_INVALID', { message: 'The header X-Request-Timeout is no number of seconds above 0.', hint: 'Send a number such as 30, or leave it out.', param: 'X-Request-Timeout' });
}

function tookTooLong(limitMs: number): LlmiError {
  return new LlmiError('DEADLINE_EXCEEDED', { message: `The request was not done within ${limitMs / 1000} seconds.`, hint: 'Ask for less at once, or for more time.' });
}

export function clientGone(): LlmiError {
  return new LlmiError('CANCELLED', { message: 'The client closed the connection.' });
}

export function shuttingDown(): LlmiError {
  return new LlmiError('SHUTTING_DOWN', { message: 'The server is shutting down.', hint: 'Send the request again in a moment.' });
}
