import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { LlmiError } from '@llmi/core';

const digest = (text: string) => createHash('sha256').update(text).digest();

/**
 * Says whether a request brings one of the keys, in `Authorization: Bearer` or `X-API-Key`. Every key is compared in full, by
 * digests of one length, so that the time tells nothing.
 * @throws {LlmiError} UNAUTHORIZED
 */
export function keyCheck(apiKeys: readonly string[]): (headers: IncomingHttpHeaders) => void {
  const digests = apiKeys.map(digest);
  return (headers) => {
    if (digests.length === 0) return;
    const given = keyOf(headers);
    if (given === undefined) throw unauthorized('This server asks for an API key.');
    const candidate = digest(given);
    let matches = 0;
    for (const known of digests) matches += Number(timingSafeEqual(known, candidate));
    if (matches === 0) throw unauthorized('The API key is not one of this server.');
  };
}

function keyOf(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return bearer;
  const key = headers['x-api-key'];
  return typeof key === 'string' && key !== '' ? key : undefined;
}

function unauthorized(message: string): LlmiError {
  return new LlmiError('UNAUTHORIZED', { message, hint: 'Send it as "Authorization: Bearer KEY" or "X-API-Key: KEY".' });
}
