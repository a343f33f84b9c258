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

/** Bodies are JSON and nothing else: a form or text/plain, which a foreign page can send without asking, is answered 415. */
export function acceptJsonOnly(app: FastifyInstance, parse: JsonParser): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, async (request: FastifyRequest, body: string) => parse(request, body));
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((item) => isDeeperThan(item, levels - 1));
}
