import type { FastifyInstance } from 'fastify';
import { LlmiError } from '@llmi/core';
import { askedRow, batchPriority } from '../batches/batch-runner.js';
import { recordOf } from '../observe/request-record.js';
import type { Access } from './access.js';
import { checkScope, type Scope } from './api-keys.js';
import { keepLimits, noteGrant } from './limited-engine.js';
import { allowCors, answerPreflight, checkOrigin, isPreflight } from './origins.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answers without an API key: what a supervisor asks, and the files of the page. */
    isProbe?: boolean;
    /** A page that holds nothing of its own: without a key it still comes, with status 401, and asks for one. */
    isPage?: boolean;
    /** Its address is a secret that only its maker was told: a browser that shows a picture sends no key. */
    isUnguessable?: boolean;
    /** What a key must be good for to be let in; "generate" unless said. */
    scope?: Scope;
  }
  interface FastifyInstance {
    access: Access;
  }
}

/** On every reply; a page of ours replaces the policy by its own. */
const headers = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

/** Who may ask: checked before anything is read, on every route and on the upgrade to a WebSocket. */
export function guardRequests(app: FastifyInstance, access: Access): void {
  app.decorate('access', access);
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers(headers).header('x-request-id', request.id);
    const record = recordOf(reply.raw);
    const row = askedRow.getStore(); // from the server itself: whoever sent it was checked
    if (row) {
      Object.assign(record, { client: `batch ${row.owner}`, priority: batchPriority, until: row.signal });
      if (access.keys.isEmpty || row.owner === '') return;
      const grant = access.keys.again(row.owner);
      checkScope(grant, 'generate');
      return noteGrant(request.raw, grant);
    }
    record.priority = askedPriority(request.headers['x-request-priority']);
    access.checkHost(request.headers.host);
    allowCors(request, reply, access.corsOrigins);
    if (isPreflight(request)) return answerPreflight(request, reply);
    checkOrigin(request, access.corsOrigins);
    const { isProbe, isPage, isUnguessable, scope = 'generate' } = request.routeOptions.config;
    if (isProbe || isUnguessable) return;
    try {
      const grant = access.keys.check(request.headers, request.ip);
      record.client = grant?.name ?? request.ip;
      if (!grant) return;
      checkScope(grant, scope);
      noteGrant(request.raw, grant);
    } catch (error) {
      if (!isPage || (LlmiError.is(error) && error.code !== 'UNAUTHORIZED')) throw error;
      return void reply.code(401).header('www-authenticate', 'Bearer');
    }
  });
  keepLimits(app);
}

/** The header X-Request-Priority: a client can let others go first, and not push before them. @throws {LlmiError} INPUT_INVALID */
function askedPriority(header: string | string[] | undefined): number {
  if (header === undefined) return 0;
  const priority = Number(header);
  if (String(header).trim() !== '' && Number.isInteger(priority) && priority >= batchPriority && priority <= 0) return priority;
  throw new LlmiError('INPUT_INVALID', { message: `The header X-Request-Priority is no whole number from ${batchPriority} to 0.`, hint: 'Send a number below 0 to let other requests go first, or leave it out.', param: 'X-Request-Priority' });
}
