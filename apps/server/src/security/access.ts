import { LlmiError } from '@llmi/core';
import { isLoopback, isOrigin } from '../addresses.js';
import { apiKeySchema, KeyRing, type ApiKey } from './api-keys.js';
import { FailedKeys } from './failed-keys.js';
import { hostCheck } from './hosts.js';

/** Who may ask: what can be changed while the server runs. */
export interface AccessRules {
  /** Keys as text, as `sha256:` and 64 hexadecimal digits, or by hash with what they are good for. */
  apiKeys: (string | ApiKey)[];
  /** Host names that clients may use besides the address itself. */
  allowedHosts: string[];
  /** Origins of web pages that may call the server from a browser. */
  corsOrigins: string[];
}

/** The rules that count at the moment: a request is checked by those of the moment it came. */
export class Access {
  keys!: KeyRing;
  corsOrigins!: readonly string[];
  checkHost!: (header: string | undefined) => void;
  readonly #failed = new FailedKeys();

  /** @throws {LlmiError} ADDRESS_NOT_ALLOWED, CONFIG_INVALID */
  constructor(
    readonly host: string,
    rules: AccessRules,
  ) {
    this.replace(rules);
  }

  /** @throws {LlmiError} ADDRESS_NOT_ALLOWED, CONFIG_INVALID: the rules stay as they were */
  replace(rules: AccessRules): void {
    checkRules(this.host, rules);
    this.keys = new KeyRing(rules.apiKeys, this.#failed);
    this.corsOrigins = rules.corsOrigins;
    this.checkHost = hostCheck(this.host, rules.allowedHosts);
  }
}

/** @throws {LlmiError} ADDRESS_NOT_ALLOWED, CONFIG_INVALID */
export function checkRules(host: string, { apiKeys, corsOrigins }: AccessRules): void {
  if (!isLoopback(host) && apiKeys.length === 0) {
    throw new LlmiError('ADDRESS_NOT_ALLOWED', {
      message: `Other machines could reach this server on ${host}, and no API key protects it.`,
      hint: 'Make one with "llmi keys create", set one with --api-key, or listen on 127.0.0.1.',
      param: 'host',
    });
  }
  for (const key of apiKeys) {
    if (typeof key === 'string' ? key.trim() === '' : !apiKeySchema.safeParse(key).success) throw invalid('api_keys', 'An API key is empty or not valid.', 'Give each key some characters, or its hash as "sha256:" and 64 hexadecimal digits.');
  }
  for (const origin of corsOrigins) {
    if (!isOrigin(origin)) throw invalid('cors_origins', `"${origin}" is not an origin.`, 'Write scheme, host and port alone: https://app.example, http://localhost:3000.');
  }
}

function invalid(param: string, message: string, hint: string): LlmiError {
  return new LlmiError('CONFIG_INVALID', { message, hint, param });
}
