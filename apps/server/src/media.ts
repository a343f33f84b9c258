import type { FastifyRequest } from 'fastify';
import { MediaStore } from './media-store.js';

/** Media that replies point to, instead of holding them. */
export interface Media {
  readonly store: MediaStore;
  /** Where the client that asked finds a medium. */
  addressOf(request: FastifyRequest, id: string): string;
}

export function makeMedia(): Media {
  return { store: new MediaStore(), addressOf: ({ protocol, host }, id) => `${protocol}://${host}/media/${id}` };
}
