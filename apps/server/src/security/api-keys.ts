import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { LlmiError } from '@llmi/core';
import { z } from 'zod';
import { RetryLaterError } from '../retry-later.js';
import type { FailedKeys } from './failed-keys.js';

/** What a key is good for: asking models; loading, unloading, installing and removing them; reading /metrics. */
export const scopes = ['generate', 'manage', 'metrics'] as const;
export type Scope = (typeof scopes)[number];

/** A key as it may lie in a file: by its hash. One round of SHA-256 is enough for a key that a machine made, of 256 random bits. */
export const apiKeySchema = z.strictObject({
  /** `sha256:` and 64 hexadecimal digits. */
  hash: z.string().regex(/^sha256:[0-9a-f]{64}$/i),
  /** Default: all. */
  scopes: z.array(z.enum(scopes)).min(1).optional(),
  /** Models that it may ask, by name; one that ends in `*` is meant as far as it goes. Default: all. */
  models: z.array(z.string().min(1)).min(1).optional(),
  /** From then on it is wrong. */
  expiresAt: z.iso.datetime().optional(),
});
export type ApiKey = z.infer<typeof apiKeySchema>;

/** What a request may do. */
export interface Grant {
  /** What tells this key from the others: its digest. */
  name: string;
  scopes: readonly Scope[];
  models: readonly string[] | undefined;
}

interface KnownKey extends Grant {
  digest: Buffer;
  expiresAtMs: number;
}

const digestOf = (text: string) => createHash('sha256').update(text).digest();
const isHash = (key: string) => /^sha256:[0-9a-f]{64}$/i.test(key);

/** The keys of a server. */
export class KeyRing {
  readonly #keys: KnownKey[];
  readonly #failed: FailedKeys;

  constructor(keys: readonly (string | ApiKey)[], failed: FailedKeys) {
    this.#keys = keys.map((key) => known(typeof key === 'string' ? { hash: isHash(key) ? key : `sha256:${digestOf(key).toString('hex')}` } : key));
    this.#failed = failed;
  }

  get isEmpty(): boolean {
    return this.#keys.length === 0;
  }

  /**
   * What a request may do that brings one of the keys, in `Authorization: Bearer` or `X-API-Key`; undefined where there are none. Every
   * key is compared in full, by digests of one length, so that the time tells nothing; who guesses has to wait.
   * @throws {LlmiError} UNAUTHORIZED, RATE_LIMITED
   */
  check(headers: IncomingHttpHeaders, address: string): Grant | undefined {
    if (this.isEmpty) return undefined;
    const given = keyOf(headers);
    if (given === undefined) throw unauthorized('This server asks for an API key.');
    const candidate = digestOf(given);
    const name = candidate.toString('base64');
    const seconds = this.#failed.secondsToWait(address, name);
    if (seconds > 0) throw new RetryLaterError(new LlmiError('RATE_LIMITED', { message: 'Too many wrong API keys came from your address.', hint: `Try again in ${seconds} seconds.` }), seconds);
    const grant = this.#find(candidate);
    this.#failed.note(address, name, grant !== undefined);
    if (!grant) throw unauthorized('The API key is not one of this server.');
    return grant;
  }

  /** What this key may do today, by its name in an earlier grant. @throws {LlmiError} UNAUTHORIZED when it is none any more */
  again(name: string): Grant {
    const grant = this.#find(Buffer.from(name, 'base64'));
    if (!grant) throw unauthorized('The API key is not one of this server any more.');
    return grant;
  }

  #find(candidate: Buffer): Grant | undefined {
    let found: KnownKey | undefined;
    for (const key of this.#keys) if (candidate.length === key.digest.length && timingSafeEqual(key.digest, candidate)) found = key;
    return found && found.expiresAtMs > Date.now() ? found : undefined;
  }
}

function known({ hash, scopes: granted = [...scopes], models, expiresAt }: ApiKey): KnownKey {
  const digest = Buffer.from(hash.slice('sha256:'.length), 'hex');
  return { digest, name: digest.toString('base64'), scopes: granted, models, expiresAtMs: expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(expiresAt) };
}

const doing: Record<Scope, string> = { generate: 'ask models', manage: 'load, unload, install or remove models', metrics: 'read the metrics' };

/** @throws {LlmiError} FORBIDDEN when the key is for something else */
export function checkScope(grant: Grant, scope: Scope): void {
  if (grant.scopes.includes(scope)) return;
  throw new LlmiError('FORBIDDEN', { message: `This API key may not ${doing[scope]}.`, hint: `Use one with the scope "${scope}".` });
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
