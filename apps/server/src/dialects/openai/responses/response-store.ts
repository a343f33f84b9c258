import type { Message } from '@llmi/core';
import type { Response } from './reply-schemas.js';

/** A response with the conversation that it ends. */
interface Stored {
  /** Whose it is: nobody else finds it. */
  owner: string;
  response: Response;
  conversation: Message[];
  bytes: number;
}

/** Responses that can be gone on from are kept in memory, the latest used for the longest. */
export class ResponseStore {
  readonly #stored = new Map<string, Stored>(); // least recently used first
  #bytes = 0;

  constructor(
    readonly maxCount = 1000,
    readonly maxBytes = 64 * 1024 * 1024,
  ) {}

  get(owner: string, id: string): Stored | undefined {
    const stored = this.#stored.get(id);
    if (stored?.owner !== owner) return undefined;
    this.#stored.delete(id);
    this.#stored.set(id, stored); // now the latest
    return stored;
  }

  keep(owner: string, response: Response, conversation: Message[]): void {
    const bytes = 2 * (JSON.stringify(conversation).length + JSON.stringify(response).length); // UTF-16
    this.#stored.set(response.id, { owner, response, conversation, bytes });
    this.#bytes += bytes;
    for (const [id] of this.#stored) {
      if (this.#stored.size <= this.maxCount && this.#bytes <= this.maxBytes) break;
      this.#forget(id);
    }
  }

  delete(owner: string, id: string): boolean {
    return this.#stored.get(id)?.owner === owner && this.#forget(id);
  }

  #forget(id: string): boolean {
    this.#bytes -= this.#stored.get(id)?.bytes ?? 0;
    return this.#stored.delete(id);
  }
}
