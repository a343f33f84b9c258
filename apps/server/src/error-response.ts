import type { FastifyReply, FastifyRequest } from 'fastify';
import { LlmiError, type ErrorCode } from '@llmi/core';
import type { LogEntry } from '@llmi/engine';
import { anthropicErrorBody } from './dialects/anthropic/errors.js';
import { ollamaErrorBody } from './dialects/ollama/errors.js';
import { openaiErrorBody } from './dialects/openai/errors.js';
import type { PublicError } from './public-error.js';
import { RetryLaterError } from './retry-later.js';
import type { Scrub } from './scrub.js';

/** Seconds after which a client may try again, for the errors that pass by themselves. */
const retryAfterSeconds: Partial<Record<ErrorCode, number>> = { QUEUE_FULL: 2, SHUTTING_DOWN: 5 };

/** Errors of the framework in our words. Source: https://fastify.dev/docs/latest/Reference/Errors/ */
const frameworkErrors: Record<string, [ErrorCode, string, string]> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['PAYLOAD_TOO_LARGE', 'The request body is too large.', 'Send less at once, or raise the body limit of the server.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['UNSUPPORTED_MEDIA_TYPE', 'The body is not declared as JSON.', 'Send JSON with the header "Content-Type: application/json".'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['INPUT_INVALID', 'The request body is empty.', 'Send a JSON object; /openapi.json lists its fields.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['INPUT_INVALID', 'The request body is not valid JSON.', 'Check quotes, commas and brackets.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['INPUT_INVALID', 'The request body is not as long as its Content-Length says.', 'Let your HTTP client set Content-Length.'],
  FST_REQ_FILE_TOO_LARGE: ['PAYLOAD_TOO_LARGE', 'A file of the form is too large.', 'Send a smaller one, or raise the body limit of the server.'],
  FST_PARTS_LIMIT: ['PAYLOAD_TOO_LARGE', 'The form has too many parts.', 'Send fewer at once.'],
  FST_FILES_LIMIT: ['PAYLOAD_TOO_LARGE', 'The form has too many files.', 'Send fewer at once.'],
  FST_FIELDS_LIMIT: ['PAYLOAD_TOO_LARGE', 'The form has too many fields.', 'Send fewer at once.'],
  FST_PROTO_VIOLATION: ['INPUT_INVALID', 'A field of the form has a name that is not allowed.', 'Rename it.'],
  FST_ERR_BAD_URL: ['INPUT_INVALID', 'The URL is not valid.', 'Encode special characters of the path with %.'],
};

/** Errors that quote nothing but the address that the client itself asked for. */
const quotesOnlyTheUrl = new Set<ErrorCode>(['NOT_FOUND', 'METHOD_NOT_ALLOWED']);

/**
 * What a client is told. A fault of our own is named by its request id and nothing else: its text could quote memory, paths or
 * the requests of others, and belongs in the log.
 */
export function publicError(error: unknown, scrub: Scrub): PublicError {
  const known = asLlmiError(error);
  if (known.code === 'INTERNAL') {
    return {
      status: 500,
      code: 'INTERNAL',
      message: 'The server failed while it answered.',
      hint: 'This is a fault of llmi or of the model\'s handler, not of the request; the log of the server tells more under the request id.',
    };
  }
  const { code, message, hint, param } = known.toJSON();
  const retryAfter = known instanceof RetryLaterError ? known.retryAfterSeconds : retryAfterSeconds[code];
  return {
    status: statusOf(known),
    code,
    message: quotesOnlyTheUrl.has(code) ? message : scrub(message),
    ...(hint === undefined ? {} : { hint: scrub(hint) }),
    ...(param === undefined ? {} : { param }),
    ...(retryAfter === undefined ? {} : { retryAfterSeconds: retryAfter }),
  };
}

/** An error that is answered with another status than its code has elsewhere. */
export class StatusError extends LlmiError {
  constructor(
    error: unknown,
    readonly answeredWith: number,
  ) {
    const { code, message, hint, param, cause } = LlmiError.from(error);
    super(code, { message, hint, param, cause });
  }
}

function statusOf(error: LlmiError): number {
  return error instanceof StatusError ? error.answeredWith : error.status;
}

function asLlmiError(error: unknown): LlmiError {
  if (LlmiError.is(error)) return error;
  const { code, statusCode } = (typeof error === 'object' && error !== null ? error : {}) as { code?: string; statusCode?: number };
  const framework = code === undefined ? undefined : frameworkErrors[code];
  if (framework) return new LlmiError(framework[0], { message: framework[1], hint: framework[2], cause: error });
  if (statusCode === 400) return new LlmiError('INPUT_INVALID', { message: 'The request is not valid HTTP.', hint: 'Check its headers and body.', cause: error });
  return LlmiError.from(error);
}

/** The body of an error reply, in the words of the API that was called. */
export function errorBody(error: PublicError, request: Pick<FastifyRequest, 'url' | 'id'>): unknown {
  const path = request.url.split('?')[0]!;
  if (isUnder(path, '/v1/messages')) return anthropicErrorBody(error, request.id);
  if (isUnder(path, '/v1') || path === '/rerank' || path === '/v2/rerank') return openaiErrorBody(error, request.url);
  if (isUnder(path, '/api')) return ollamaErrorBody(error);
  const { status: _status, retryAfterSeconds: _seconds, ...body } = error;
  return { error: { ...body, request_id: request.id } };
}

function isUnder(path: string, root: string): boolean {
  return path === root || path.startsWith(`${root}/`);
}

export function sendError(reply: FastifyReply, error: PublicError): FastifyReply {
  if (error.retryAfterSeconds !== undefined) void reply.header('retry-after', error.retryAfterSeconds);
  if (error.status === 401) void reply.header('www-authenticate', 'Bearer');
  return reply.code(error.status).send(errorBody(error, reply.request));
}

/** What the log keeps of an error: what the operator can mend as a warning, a fault of ours with its stack. */
export function errorLogEntry(error: unknown, told: PublicError, requestId: string): LogEntry {
  const ours = told.code === 'INTERNAL';
  return {
    level: ours ? 'error' : told.status >= 500 ? 'warn' : 'info',
    message: error instanceof Error ? error.message : String(error),
    request_id: requestId,
    code: told.code,
    status: told.status,
    ...(ours && error instanceof Error ? { stack: error.stack } : {}),
    ...(error instanceof Error && error.cause instanceof Error ? { cause: error.cause.message } : {}),
  };
}
