import { LlmiClientError } from './errors.js';

export interface RetrySettings {
  /** Attempts after the first one. */
  maxRetries: number;
  /** Milliseconds before the first retry; doubled for each further one. */
  retryDelayMs: number;
}

/** Longer than this nobody is kept waiting, whatever Retry-After says: the error comes at once. */
const longestWaitMs = 60_000;

/** Answers that another attempt may change: a full queue, a server that starts, a proxy that lost its backend. */
const passingStatuses = new Set([408, 429, 502, 504]);

/**
 * Runs `attempt` until it succeeds, fails for good, or has failed too often.
 * Waits as Retry-After says, else exponentially, by up to a half more so that clients do not come back together.
 */
export async function withRetries<Result>(attempt: () => Promise<Result>, { maxRetries, retryDelayMs }: RetrySettings, signal?: AbortSignal): Promise<Result> {
  for (let retry = 0; ; retry++) {
    try {
      return await attempt();
    } catch (error) {
      if (retry >= maxRetries || !passes(error)) throw error;
      const { retryAfterSeconds } = error;
      const waitMs = retryAfterSeconds === undefined ? retryDelayMs * 2 ** retry * (1 + Math.random() / 2) : retryAfterSeconds * 1000;
      if (waitMs > longestWaitMs) throw error;
      await sleep(waitMs, signal);
    }
  }
}

function passes(error: unknown): error is LlmiClientError {
  if (!(error instanceof LlmiClientError)) return false;
  if (error.code === 'CONNECTION_FAILED') return true;
  return passingStatuses.has(error.status ?? 0) || (error.status === 503 && error.retryAfterSeconds !== undefined);
}

function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = () => {
      clearTimeout(timer);
      reject(signal!.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', aborted);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', aborted, { once: true });
  });
}
