import type { TextTokenizer } from './text-tokenizer.js';

/** What decoders write for bytes that are no character, or none yet. */
const replacement = '\uFFFD';

/**
 * Tokens to text as they come. A character whose bytes are spread over several tokens is held back until it is whole. Each piece is
 * decoded with the tokens of the one before it, since decoders treat the first token of a text differently.
 */
export class TextStream {
  readonly #ids: number[] = [];
  #start = 0; // of the tokens that are decoded again for what they mean to the next ones
  #shown = 0; // tokens that came out

  constructor(
    private readonly tokenizer: TextTokenizer,
    private readonly skipSpecialTokens = true,
  ) {}

  /** The text that a token completes, '' where there is none yet. */
  push(id: number): string {
    this.#ids.push(id);
    const { before, after } = this.#texts();
    if (after.length <= before.length || after.endsWith(replacement)) return '';
    this.#start = this.#shown;
    this.#shown = this.#ids.length;
    return after.slice(before.length);
  }

  /** What was held back, when no more tokens follow. */
  end(): string {
    const { before, after } = this.#texts();
    this.#start = this.#shown = this.#ids.length;
    return after.slice(before.length);
  }

  #texts(): { before: string; after: string } {
    const options = { skipSpecialTokens: this.skipSpecialTokens };
    return { before: this.tokenizer.decode(this.#ids.slice(this.#start, this.#shown), options), after: this.tokenizer.decode(this.#ids.slice(this.#start), options) };
  }
}
