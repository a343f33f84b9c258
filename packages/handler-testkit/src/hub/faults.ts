import { matchesGlob } from '@llmi/core';
import { isLarge, type HubRepository } from './repository.js';

/** A request that reached the hub or its CDN. */
export interface HubRequest {
  server: 'hub' | 'cdn';
  method: string;
  path: string; // of the URL, with its query
  id: string; // of the repository
  file?: string; // in the repository
  authorization?: string;
  range?: string;
}

/** What becomes of an answer: another status, other bytes, an end too early, silence. */
export interface Spoiling {
  status?: number;
  headers?: Record<string, string>;
  body?: Buffer;
  /** The connection closes after so many body bytes. */
  cutAfter?: number;
  /** Milliseconds of silence before the answer begins. */
  waitMs?: number;
  /** 200 with the whole file to a request for a range. */
  ignoreRange?: boolean;
  /** A Content-Length that is so many bytes more than what is sent; the connection then closes. */
  lengthDelta?: number;
  /** The body comes no faster than this. */
  bytesPerSecond?: number;
  /** Content is elsewhere: an origin, or '' for the hub's own CDN. */
  redirectTo?: string;
}

/** Spoils answers by looking at requests; undefined leaves an answer as it is. */
export type Fault = (request: HubRequest) => Spoiling | undefined;

type FaultKind =
  | { kind: 'status'; status: number; retryAfterSeconds?: number }
  | { kind: 'cut'; bytes: number }
  | { kind: 'corrupt'; at?: number } // offset of the wrong byte; default: the middle
  | { kind: 'stall'; milliseconds: number }
  | { kind: 'length'; delta: number }
  | { kind: 'slow'; bytesPerSecond: number }
  | { kind: 'no-range' }
  | { kind: 'change' } // the file has other bytes from now on, and the repository another commit; once unless `times` says more
  | { kind: 'redirect'; to?: string } // small files are elsewhere, too; default: at the CDN
  | { kind: 'expired' } // the CDN no longer accepts the signed address
  | { kind: 'reject-auth' }; // the CDN refuses a request that brings a token along

/** A fault as data. `match` is a pattern over `org/name/path/in/repository`; the first `skip` matches go by, then `times` are spoilt. */
export type FaultRule = FaultKind & { match?: string; on?: 'hub' | 'cdn'; skip?: number; times?: number };

/** The function of a list of rules; each counts its own hits, and the first that applies decides. */
export function faultOf(rules: readonly FaultRule[], repositories: Record<string, HubRepository>): Fault {
  const hits = rules.map(() => 0);
  return (request) => {
    for (const [index, rule] of rules.entries()) {
      const { match = '*', on, skip = 0, times = rule.kind === 'change' ? 1 : Infinity } = rule;
      if ((on !== undefined && on !== request.server) || (ofContent.has(rule.kind) && !givesContent(request)) || !matchesGlob(match, [request.id, request.file].filter(Boolean).join('/'))) continue;
      const hit = (hits[index] = hits[index]! + 1);
      if (hit <= skip || hit > skip + times) continue;
      const spoiling = spoil(rule, request, repositories);
      if (spoiling) return spoiling;
    }
    return undefined;
  };
}

/** Faults of what a file holds: a listing or a redirect is none, and does not count. */
const ofContent = new Set<FaultKind['kind']>(['cut', 'corrupt', 'length', 'slow', 'no-range', 'change']);
const givesContent = ({ server, file }: HubRequest) => server === 'cdn' || (file !== undefined && !isLarge(file));

function spoil(rule: FaultKind, { server, id, file = '', authorization }: HubRequest, repositories: Record<string, HubRepository>): Spoiling | undefined {
  const files = repositories[id]?.files ?? {};
  switch (rule.kind) {
    case 'status':
      return { status: rule.status, ...(rule.retryAfterSeconds === undefined ? {} : { headers: { 'retry-after': String(rule.retryAfterSeconds) } }) };
    case 'cut':
      return { cutAfter: rule.bytes };
    case 'corrupt': {
      const body = Buffer.from(files[file] ?? '');
      const at = rule.at ?? body.length >> 1;
      if (at < body.length) body[at]! ^= 0xff;
      return { body };
    }
    case 'stall':
      return { waitMs: rule.milliseconds };
    case 'length':
      return { lengthDelta: rule.delta };
    case 'slow':
      return { bytesPerSecond: rule.bytesPerSecond };
    case 'no-range':
      return { ignoreRange: true };
    case 'change':
      files[file] = Buffer.from(files[file] ?? '').map((byte) => byte ^ 0xff) as Buffer;
      return {};
    case 'redirect':
      return server === 'hub' ? { redirectTo: rule.to ?? '' } : undefined;
    case 'expired':
      return server === 'cdn' ? { status: 403 } : undefined;
    case 'reject-auth':
      return server === 'cdn' && authorization !== undefined ? { status: 400 } : undefined;
  }
}
