import type { AddressInfo } from 'node:net';
import { LlmiError } from '@llmi/core';
import { isLoopback } from './addresses.js';
import { serverSettings, type ServerOptions } from './options.js';
import type { AccessRules } from './security/access.js';
import { buildServer } from './server.js';

export interface RunningServer {
  /** Where a browser on this machine finds it. */
  url: string;
  port: number;
  /**
   * Changes who may ask, from the next request on: those in work go on.
   * @throws {LlmiError} ADDRESS_NOT_ALLOWED, CONFIG_INVALID: everything stays as it was
   */
  reload(rules: AccessRules): void;
  /** Lets requests in work end, for a while, then ends them. */
  close(): Promise<void>;
}

/**
 * Starts the server.
 * @throws {LlmiError} PORT_IN_USE, PERMISSION_DENIED, ADDRESS_NOT_ALLOWED, CONFIG_INVALID
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host, port } = serverSettings(options);
  const app = await buildServer(options);
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    throw listenError(error, host, port);
  }
  const address = app.server.address() as AddressInfo;
  const shown = isLoopback(host) ? host : address.family === 'IPv6' && host === '::' ? 'localhost' : host === '0.0.0.0' ? 'localhost' : host;
  return {
    url: `http://${shown.includes(':') ? `[${shown}]` : shown}:${address.port}`,
    port: address.port,
    reload: (rules) => app.access.replace(rules),
    close: () => app.close(),
  };
}

function listenError(error: unknown, host: string, port: number): LlmiError {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return new LlmiError('PORT_IN_USE', { message: `Port ${port} of ${host} is in use.`, hint: `Choose another: --port ${port + 1}, or --port 0 for a free one.`, cause: error });
    case 'EACCES':
      return new LlmiError('PERMISSION_DENIED', {
        message: `Listening on port ${port} is not allowed.`,
        hint: port < 1024 ? 'Ports below 1024 belong to the administrator: choose another, such as --port 8000.' : 'Choose another port with --port.',
        cause: error,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new LlmiError('ADDRESS_NOT_ALLOWED', { message: `This machine has no address ${host}.`, hint: 'Use 127.0.0.1, or an address of this machine.', param: 'host', cause: error });
    default:
      return LlmiError.from(error);
  }
}
