import { LlmiError } from '@llmi/core';
import type { Engine, LogEntry } from '@llmi/engine';
import { isLoopback } from './addresses.js';
import { checkRules, type AccessRules } from './security/access.js';

export interface ServerOptions {
  /** What answers. The server does not dispose it. */
  engine: Engine;
  /** Version of llmi, for `/health` and `/info`. */
  version: string;
  /** Address to listen on. Default: 127.0.0.1. Any address that other machines can reach needs `apiKeys`. */
  host?: string;
  /** Default: 8000; 0 takes a free one. */
  port?: number;
  /** With keys, every route but /health and /ready asks for one of them; one that is given by its hash may be good for less than all. */
  apiKeys?: AccessRules['apiKeys'];
  /** The model of requests that name none. */
  defaultModel?: string;
  /** Host names that clients may use besides the address itself, as behind a reverse proxy. */
  allowedHosts?: string[];
  /** Origins of web pages that may call this server from a browser: `https://app.example`. */
  corsOrigins?: string[];
  /** Longest request body in bytes. Default: 32 MiB. */
  bodyLimitBytes?: number;
  /** Lets clients install and remove models. Default: on an address of this machine alone. */
  allowInstall?: boolean;
  /** How long one request may take, waiting included; a client can ask for less with the header X-Request-Timeout, in seconds. Default: no limit. */
  requestTimeoutMs?: number;
  /** How long requests in work may go on once the server is told to close. Default: 5 seconds. */
  drainMs?: number;
  log?: (entry: LogEntry) => void;
}

export type ServerSettings = Required<Omit<ServerOptions, 'defaultModel' | 'requestTimeoutMs'>> & Pick<ServerOptions, 'defaultModel' | 'requestTimeoutMs'>;

/**
 * The options with their defaults, checked.
 * @throws {LlmiError} ADDRESS_NOT_ALLOWED, CONFIG_INVALID
 */
export function serverSettings(options: ServerOptions): ServerSettings {
  const settings: ServerSettings = {
    engine: options.engine,
    version: options.version,
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 8000,
    apiKeys: options.apiKeys ?? [],
    defaultModel: options.defaultModel,
    allowedHosts: options.allowedHosts ?? [],
    corsOrigins: options.corsOrigins ?? [],
    bodyLimitBytes: options.bodyLimitBytes ?? 32 * 1024 * 1024,
    allowInstall: options.allowInstall ?? isLoopback(options.host ?? '127.0.0.1'),
    requestTimeoutMs: options.requestTimeoutMs,
    drainMs: options.drainMs ?? 5000,
    log: options.log ?? (() => {}),
  };
  if (!Number.isInteger(settings.port) || settings.port < 0 || settings.port > 65_535) {
    throw invalid('port', `${settings.port} is not a port.`, 'Use a number from 0 (any free one) to 65535: --port 8000.');
  }
  checkRules(settings.host, settings);
  return settings;
}

function invalid(param: string, message: string, hint: string): LlmiError {
  return new LlmiError('CONFIG_INVALID', { message, hint, param });
}
