import { APICallError } from '@ai-sdk/provider';
import { LlmiClientError } from '@llmi/client';

/** Statuses that another attempt may change; the AI SDK makes it. */
const passingStatuses = new Set([408, 429, 502, 504]);

/** Runs a call; what it fails with becomes the AI SDK's error, with the hint in its message and llmi's error as its cause. */
export async function orApiError<Result>(url: string, request: unknown, call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    throw error instanceof LlmiClientError ? apiError(url, request, error) : error;
  }
}

function apiError(url: string, requestBodyValues: unknown, error: LlmiClientError): APICallError {
  const { message, hint, status, retryAfterSeconds, code } = error;
  return new APICallError({
    message: hint === undefined ? message : `${message} ${hint}`,
    url,
    requestBodyValues,
    statusCode: status,
    responseHeaders: retryAfterSeconds === undefined ? undefined : { 'retry-after': String(retryAfterSeconds) },
    isRetryable: code === 'CONNECTION_FAILED' || passingStatuses.has(status ?? 0) || (status === 503 && retryAfterSeconds !== undefined),
    data: { code },
    cause: error,
  });
}
