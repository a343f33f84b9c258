import type { FastifyReply, FastifyRequest } from 'fastify';
import { LlmiError } from '@llmi/core';

/** Methods that change nothing: a page may send them, and without CORS it cannot read the reply. */
const harmless = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses what a foreign web page makes a browser send. Programs send no Origin; a page cannot leave it out.
 * @throws {LlmiError} FORBIDDEN
 */
export function checkOrigin(request: FastifyRequest, corsOrigins: readonly string[]): void {
  const { origin, host } = request.headers;
  if (origin === undefined || (harmless.has(request.method) && request.headers.upgrade === undefined)) return;
  if (corsOrigins.includes(origin) || isSameOrigin(origin, host)) return;
  throw new LlmiError('FORBIDDEN', {
    message: 'Web pages of other origins may not use this server.',
    hint: 'Start the server with the origin of your page among the CORS origins.',
  });
}

function isSameOrigin(origin: string, host: string | undefined): boolean {
  try {
    return new URL(origin).host === host?.toLowerCase();
  } catch {
    return false; // "null": a sandboxed page or a file
  }
}

/** Lets pages of the named origins read replies. Never with cookies: there are none. */
export function allowCors(request: FastifyRequest, reply: FastifyReply, corsOrigins: readonly string[]): void {
  if (corsOrigins.length === 0) return;
  void reply.header('vary', 'Origin');
  const { origin } = request.headers;
  if (origin === undefined || !corsOrigins.includes(origin)) return;
  void reply.header('access-control-allow-origin', origin).header('access-control-expose-headers', 'X-Request-Id, Retry-After');
}

/** True for the question that a browser asks before a request to another origin. */
export function isPreflight(request: FastifyRequest): boolean {
  return request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
}

/** Seconds that a browser remembers the answer. */
const preflightSeconds = 600;

export function answerPreflight(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (reply.hasHeader('access-control-allow-origin')) {
    void reply
      .header('access-control-allow-methods', 'GET, POST, DELETE')
      .header('access-control-allow-headers', request.headers['access-control-request-headers'] ?? 'content-type, authorization, x-api-key')
      .header('access-control-max-age', preflightSeconds);
  }
  return reply.code(204).send();
}
