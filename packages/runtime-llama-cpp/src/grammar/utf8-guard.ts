import type { Token, TokenBias } from 'node-llama-cpp';
import type { Vocabulary } from '../vocabulary.js';

/**
 * First bytes of a character whose second byte must not be below a bound, or it would spell a character that has a shorter form.
 * llama.cpp's grammars take the long form for the character; a decoder of UTF-8 does not. Source: RFC 3629, section 4
 */
const leastSecondByte: Readonly<Record<number, number>> = { 0xe0: 0xa0, 0xf0: 0x90 };
const leastContinuation = 0x80;

/** Keeps an answer that a grammar holds free of bytes that are no UTF-8: one bias per first byte, on top of the request's own. */
export class Utf8Guard {
  readonly #biases = new Map<number, TokenBias>();

  constructor(
    private readonly vocabulary: Vocabulary,
    private readonly makeBias: () => TokenBias,
    private readonly own: TokenBias,
  ) {}

  /** The bias for what comes after `last`. */
  after(last: number | undefined): TokenBias {
    const text = last === undefined ? '' : this.vocabulary.textOf(last);
    const byte = typeof text === 'string' ? undefined : text.at(-1);
    const least = byte === undefined ? undefined : leastSecondByte[byte];
    if (byte === undefined || least === undefined) return this.own;
    let bias = this.#biases.get(byte);
    if (!bias) this.#biases.set(byte, (bias = this.#forbid(least)));
    return bias;
  }

  /** The request's bias, and none of the tokens that begin with a second byte below the bound. */
  #forbid(least: number): TokenBias {
    const bias = this.makeBias();
    for (let token = 0; token < this.vocabulary.size; token++) {
      const text = this.vocabulary.textOf(token);
      if (typeof text !== 'string' && text[0]! >= leastContinuation && text[0]! < least) bias.set(token as Token, 'never');
    }
    return bias;
  }
}
