import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { LlmiError } from '@llmi/core';
import { RetryLaterError } from '../retry-later.js';
import { FailedKeys } from './failed-keys.js';

const digest = (text: string) => createHash('sha256').update(text).digest();

/** A key that is told by its hash alone, so that no file needs to hold it. */
const hashed = /^sha256:([0-9a-f]{64})$/i;

/**
 * Says whether a request brings one of the keys, in `Authorization: Bearer` or `X-API-Key`. Every key is compared in full, by
 * digests of one length, so that the time tells nothing; who guesses has to wait. It gives what tells this key from the others: its digest.
 * @throws {LlmiError} UNAUTHORIZED, RATE_LIMITED
 */
export function keyCheck(apiKeys: readonly string[]): (headers: IncomingHttpHeaders, address: string) => string | undefined {
  const digests = apiKeys.map((key) => {
    const hash = hashed.exec(key)?.[1];
    return hash === undefined ? digest(key) : Buffer.from(hash, 'hex');
  });
  const failed = new FailedKeys();
  return (headers, address) => {
    if (digests.length === 0) return undefined;
    const given = keyOf(headers);
    if (given === undefined) throw unauthorized('This server asks for an API key.');
    const candidate = digest(given);
    const name = candidate.toString('base64');
    const seconds = failed.secondsToWait(address, name);
    if (seconds > 0) throw new RetryLaterError(new LlmiError('RATE_LIMITED', { message: 'Too many wrong API keys came from your address.', hint: `Try again in ${seconds} seconds.` }), seconds);
    let matches = 0;
    for (const known of digests) matches += Number(timingSafeEqual(known, candidate));
    failed.note(address, name, matches > 0);
    if (matches === 0) throw unauthorized('The API key is not one of this server.');
    return name;
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
