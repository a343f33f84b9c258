import type { ErrorCode } from '@llmi/core';

/** `CONNECTION_FAILED`: there was no answer, or it broke off. `ANSWER_INVALID`: it was not one of llmi's. */
export type ClientErrorCode = ErrorCode | 'CONNECTION_FAILED' | 'ANSWER_INVALID';

export interface ClientErrorDetails {
  message: string;
  hint?: string | undefined;
  /** The request field it is about, as on the wire: `messages[0].content`. */
  param?: string | undefined;
  /** HTTP status; none where nothing was answered. */
  status?: number | undefined;
  /** Under which the server's log has more. */
  requestId?: string | undefined;
  /** When to try again, where the server says so. */
  retryAfterSeconds?: number | undefined;
  cause?: unknown;
}

/** Everything that a call fails with, except an abort, which rejects with the signal's reason. */
export class LlmiClientError extends Error {
  override readonly name = 'LlmiClientError';
  readonly hint: string | undefined;
  readonly param: string | undefined;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly code: ClientErrorCode,
    { message, hint, param, status, requestId, retryAfterSeconds, cause }: ClientErrorDetails,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.hint = hint;
    this.param = param;
    this.status = status;
    this.requestId = requestId;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The `error` object of the native API. */
export interface WireError {
  code: ErrorCode;
  message: string;
  hint?: string;
  param?: string;
  request_id?: string;
}

/** What an answer that is no success says. Not every one comes from llmi: a proxy may have made it. */
export async function errorOf(response: Response): Promise<LlmiClientError> {
  const { status } = response;
  const retryAfterSeconds = readRetryAfter(response.headers.get('retry-after'));
  const body = await response.text().catch(() => '');
  const error = wireErrorIn(body);
  if (error) return fromWireError(error, { status, retryAfterSeconds });
  return new LlmiClientError('ANSWER_INVALID', {
    message: `The server answered with status ${status}.`,
    hint: 'Its answer is not one of an llmi server: check the address, and any proxy in between.',
    status,
    retryAfterSeconds,
  });
}

export function fromWireError({ code, message, hint, param, request_id: requestId }: WireError, more: { status?: number; retryAfterSeconds?: number | undefined } = {}): LlmiClientError {
  return new LlmiClientError(code, { message, hint, param, requestId, ...more });
}

function wireErrorIn(body: string): WireError | undefined {
  try {
    const { error } = JSON.parse(body) as { error?: WireError };
    return typeof error?.code === 'string' && typeof error.message === 'string' ? error : undefined;
  } catch {
    return undefined;
  }
}

/** Seconds, or a date. Source: RFC 9110, section 10.2.3. */
function readRetryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\d+$/.test(header.trim()) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}
