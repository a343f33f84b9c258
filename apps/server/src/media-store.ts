import { newId } from './new-id.js';
import { mediaTypeOf } from './media-type.js';

interface Medium {
  bytes: Buffer;
  mediaType: string;
  createdAt: number;
}

/** Made or uploaded media under ids that nobody guesses: in memory, for a while, the oldest first to go. */
export class MediaStore {
  readonly #media = new Map<string, Medium>(); // oldest first
  #bytes = 0;

  constructor(
    readonly maxAgeMs = 60 * 60_000,
    readonly maxBytes = 256 * 1024 * 1024,
  ) {}

  /** Keeps a file. @returns its id */
  add(base64: string): string {
    const bytes = Buffer.from(base64, 'base64');
    const id = newId('media_');
    this.#media.set(id, { bytes, mediaType: mediaTypeOf(bytes), createdAt: Date.now() });
    this.#bytes += bytes.length;
    for (const [old, { createdAt }] of this.#media) {
      if (old === id || (this.#bytes <= this.maxBytes && Date.now() - createdAt <= this.maxAgeMs)) break;
      this.delete(old);
    }
    return id;
  }

  get(id: string): Medium | undefined {
    const medium = this.#media.get(id);
    if (!medium || Date.now() - medium.createdAt <= this.maxAgeMs) return medium;
    this.delete(id);
    return undefined;
  }

  delete(id: string): void {
    this.#bytes -= this.#media.get(id)?.bytes.length ?? 0;
    this.#media.delete(id);
  }
}
