import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { LlmiError } from '@llmi/core';

/** Deeper than any request of ours, a JSON schema inside a tool included; recursion over a body must end. */
const maxDepth = 64;

export type JsonParser = (request: FastifyRequest, text: string) => unknown;

/**
 * Parses what a client sends, as a body or as a WebSocket message. `__proto__` and `constructor.prototype` are refused.
 * @throws the framework's parse errors; {LlmiError} INPUT_INVALID when nested too deep
 */
export function makeJsonParser(app: FastifyInstance): JsonParser {
  const parse = app.getDefaultJsonParser('error', 'error');
  return (request, text) => {
    let value: unknown;
    void parse(request, text, (error, parsed) => {
      if (error) throw error;
      value = parsed;
    });
    if (isDeeperThan(value, maxDepth)) {
      throw new LlmiError('INPUT_INVALID', { message: `The JSON is nested more than ${maxDepth} levels deep.`, hint: 'Send a flatter document.' });
    }
    return value;
  };
}

/**
 * Bodies are JSON and nothing else: text/plain or a form, which a foreign page can send without asking, is answered 415.
 * JSON that is declared as a form is what `curl -d` sends when nobody names a type; it is taken from programs, never from a browser.
 */
export function acceptJsonOnly(app: FastifyInstance, parse: JsonParser): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, async (request: FastifyRequest, body: string) => parse(plain(request), body));
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, async (request: FastifyRequest, body: string) => {
    if (isFromBrowser(request.headers) || !/^\s*[[{]/.test(body)) throw notJson('The body is not declared as JSON.', 'Send JSON with the header "Content-Type: application/json".');
    return parse(plain(request), body);
  });
}

/** @throws {LlmiError} UNSUPPORTED_MEDIA_TYPE for a compressed body */
function plain(request: FastifyRequest): FastifyRequest {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw notJson('Compressed bodies are not taken.', 'Send the JSON as it is, without Content-Encoding.');
  return request;
}

/** Browsers say with every POST where it comes from; a page cannot leave that out. */
const isFromBrowser = (headers: IncomingHttpHeaders) => headers.origin !== undefined || headers['sec-fetch-site'] !== undefined;

const notJson = (message: string, hint: string) => new LlmiError('UNSUPPORTED_MEDIA_TYPE', { message, hint });

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((item) => isDeeperThan(item, levels - 1));
}
