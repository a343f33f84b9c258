import { setTimeout as sleep } from 'node:timers/promises';
import { LlmiError } from '@llmi/core';
import type { Headers } from './send.js';

/** A fault that may be gone on the next try: a lost connection, a busy server, an expired address. */
export class TransientError extends Error {
  readonly afterMs: number | undefined;
  /** The server answered, but with a status that says "not now". */
  readonly status: number | undefined;

  constructor(message: string, { afterMs, status, cause }: { afterMs?: number; status?: number; cause?: unknown } = {}) {
    super(message, { cause });
    this.afterMs = afterMs;
    this.status = status;
  }
}

const maxTries = 6;
const maxTriesWithoutServer = 3; // nobody answers at all: a wrong address, no network
const firstDelayMs = 400;
const maxDelayMs = 10_000;
const maxRetryAfterMs = 120_000; // a longer wait is told, not waited

const lostConnection = new Set([
  'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ERR_STREAM_PREMATURE_CLOSE', 'Z_BUF_ERROR', 'UND_ERR_SOCKET', 'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
]);
const withoutServer = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);

function codeOf(error: unknown): string {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown };
  if (typeof code === 'string') return code;
  return cause === undefined ? '' : codeOf(cause);
}

/** True for what a broken connection or a silent server rejects with. */
function isTransient(error: unknown): boolean {
  const code = codeOf(error);
  return error instanceof TransientError || lostConnection.has(code) || withoutServer.has(code) || code.startsWith('HPE_'); // HPE_: a damaged head
}

/**
 * Waits before the next try, longer each time, or gives up.
 * @throws {LlmiError} HUB_UNREACHABLE or HUB_REFUSED after the last try; `error` itself when trying again cannot help
 */
export async function waitBeforeRetry(error: unknown, failures: number, { origin, signal }: { origin: string; signal?: AbortSignal }): Promise<void> {
  signal?.throwIfAborted();
  if (LlmiError.is(error)) throw error;
  if (!isTransient(error)) throw unreachable(origin, error);
  const { afterMs, status } = error instanceof TransientError ? error : {};
  const tries = withoutServer.has(codeOf(error)) ? maxTriesWithoutServer : maxTries;
  if (failures >= tries || (afterMs ?? 0) > maxRetryAfterMs) {
    throw status === undefined ? unreachable(origin, error) : refused(origin, status, afterMs, error);
  }
  const backoff = Math.min(maxDelayMs, firstDelayMs * 2 ** (failures - 1)) * (0.75 + Math.random() / 2);
  await sleep(afterMs ?? backoff, undefined, { signal }).catch(() => signal?.throwIfAborted());
}

function unreachable(origin: string, cause: unknown): LlmiError {
  const reason = cause instanceof Error && cause.message !== '' ? cause.message : codeOf(cause);
  const network = 'Check the network and the proxy settings, then run the same command again: what is already downloaded is kept.';
  const certificate = 'A proxy may stand in between: give Node its certificate with NODE_EXTRA_CA_CERTS.';
  return new LlmiError('HUB_UNREACHABLE', {
    message: `${origin} cannot be reached: ${reason}.`,
    hint: /CERT|UNABLE_TO_(GET|VERIFY)/.test(codeOf(cause)) ? certificate : network,
    cause,
  });
}

function refused(origin: string, status: number, afterMs: number | undefined, cause: unknown): LlmiError {
  const wait = afterMs === undefined || afterMs === 0 ? 'later' : `in ${Math.ceil(afterMs / 1000)} seconds`;
  return new LlmiError(status === 429 ? 'HUB_REFUSED' : 'HUB_UNREACHABLE', {
    message: `${origin} ${status === 429 ? 'asks for fewer requests' : 'is out of order'} (status ${status}).`,
    hint: `Try again ${wait}; what is already downloaded is kept.${status === 429 ? ' A token in HF_TOKEN raises the limit.' : ''}`,
    cause,
  });
}

/**
 * How long a server asks to wait, in milliseconds: Retry-After as seconds or as a date, otherwise the hub's `RateLimit: "api";r=0;t=55`.
 * Sources: RFC 9110 section 10.2.3; https://huggingface.co/docs/hub/rate-limits
 */
export function retryAfterMs(headers: Headers): number | undefined {
  const header = headers['retry-after']?.trim() ?? '';
  const limit = /(?:^|;)\s*r=0\b.*?;\s*t=(\d+)/.exec(headers['ratelimit'] ?? '')?.[1];
  if (header === '') return limit === undefined ? undefined : Number(limit) * 1000;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
