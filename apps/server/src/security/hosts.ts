import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { LlmiError } from '@llmi/core';
import { isLoopback } from '../addresses.js';

/** Addresses that mean every interface of the machine. */
const wildcards = new Set(['0.0.0.0', '::', '[::]']);

/**
 * Says which Host headers are ours. A foreign web page reaches a local server by letting its own name point here (DNS
 * rebinding); its requests then carry that name. An IP address cannot be rebound, so on a public address every IP will do.
 */
export function hostCheck(boundHost: string, allowedHosts: readonly string[]): (header: string | undefined) => void {
  const names = new Set(allowedHosts.map((name) => name.toLowerCase()));
  if (!wildcards.has(boundHost)) names.add(boundHost.toLowerCase());
  const isPublic = !isLoopback(boundHost);
  if (isPublic) names.add(hostname().toLowerCase());
  return (header) => {
    const host = hostOf(header);
    if (host !== undefined && (isLoopback(host) || names.has(host) || (header !== undefined && names.has(header.toLowerCase())) || (isPublic && isIP(host) !== 0))) return;
    throw new LlmiError('FORBIDDEN', {
      message: 'This server does not answer to the name in the Host header.',
      hint: 'Use its address, such as http://127.0.0.1 with its port, or start it with that name among the allowed hosts.',
    });
  };
}

/** `[::1]:8000` to `::1`, `Localhost:8000` to `localhost`; undefined for what is no host. */
function hostOf(header: string | undefined): string | undefined {
  if (header === undefined || !/^[\w.:[\]-]+$/.test(header)) return undefined;
  try {
    return new URL(`http://${header}`).hostname.replace(/^\[|\]$/g, '');
  } catch {
    return undefined;
  }
}
