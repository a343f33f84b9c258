import type { TextTokenizer } from './text-tokenizer.js';

/**
 * Tokens to text as they come, each exactly what it stands for: what a grammar allowed, without the spaces that decoders take away
 * at the beginning of a text or before a comma.
 */
export class ExactText {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  constructor(private readonly tokenizer: TextTokenizer) {}

  /** The text that a token completes, '' where there is none yet. */
  push(id: number): string {
    const bytes = this.tokenizer.bytesOf(id);
    return bytes ? this.#decoder.decode(bytes, { stream: true }) : '';
  }

  /** What was held back, when no more tokens follow. */
  end(): string {
    return this.#decoder.decode();
  }
}
