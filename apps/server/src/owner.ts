import type { FastifyReply } from 'fastify';
import type { Gateway } from './gateway.js';
import { recordOf } from './observe/request-record.js';

/** Whose files, batches, films and responses a request is about: all clients without keys are one. */
export function ownerOf(reply: FastifyReply, { access }: Pick<Gateway, 'access'>): string {
  return access.keys.isEmpty ? '' : (recordOf(reply.raw).client ?? '');
}
