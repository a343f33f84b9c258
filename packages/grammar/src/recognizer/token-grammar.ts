import { LlmiError } from '@llmi/core';
import { Automaton, type State } from './automaton.js';
import type { TokenTrie } from './token-trie.js';

/** Tokens that can come next: a bit for each. */
interface Mask {
  bits: Uint32Array;
  isEmpty: boolean;
}

const bitsPerWord = 32;
const allBits = 0xffff_ffff;
/** Memory for masks of one grammar: about 500 of a vocabulary of 150,000 tokens. */
const mostMaskBytes = 10_000_000;

/** A grammar over the tokens of a vocabulary. One serves any number of answers, at once too, and knows more with each. */
export class TokenGrammar {
  readonly automaton: Automaton;
  #masks = new Map<State, Mask>();
  readonly #path: State[];

  /** `start`: the rule that is the whole answer, root unless said. @throws {LlmiError} INPUT_INVALID */
  constructor(
    readonly text: string,
    readonly vocabulary: TokenTrie,
    start?: string,
  ) {
    this.automaton = new Automaton(text, start);
    this.#path = new Array<State>(vocabulary.deepest + 1).fill(this.automaton.start);
  }

  /** For one answer from its beginning. */
  begin(): GrammarMatcher {
    return new GrammarMatcher(this);
  }

  /** Where a token leads; undefined where it does not fit. */
  after(state: State, token: number): State | undefined {
    const bytes = this.vocabulary.bytesOf(token);
    if (!bytes) return undefined;
    let reached: State | undefined = state;
    for (let at = 0; reached && at < bytes.length; at++) reached = this.automaton.step(reached, bytes[at]!);
    return reached;
  }

  /** Tokens that fit after a state. */
  mask(state: State): Mask {
    let mask = this.#masks.get(state);
    if (!mask) {
      mask = this.#walk(state);
      if ((this.#masks.size + 1) * mask.bits.byteLength > mostMaskBytes) this.#masks = new Map();
      this.#masks.set(state, mask);
    }
    return mask;
  }

  /** Goes through the vocabulary, and leaves out everything that begins with what does not fit. */
  #walk(state: State): Mask {
    const { automaton, vocabulary } = this;
    const { byte, depth, after, tokensTo, tokens } = vocabulary;
    const path = this.#path;
    path[0] = state;
    const bits = new Uint32Array(Math.ceil(vocabulary.size / bitsPerWord));
    let isEmpty = true;
    for (let node = 0; node < byte.length; ) {
      const reached = automaton.step(path[depth[node]! - 1]!, byte[node]!);
      if (!reached) {
        node = after[node]!;
        continue;
      }
      path[depth[node]!] = reached;
      for (let index = node === 0 ? 0 : tokensTo[node - 1]!; index < tokensTo[node]!; index++) {
        const token = tokens[index]!;
        bits[token >>> 5]! |= 1 << (token & 31);
        isEmpty = false;
      }
      node++;
    }
    return { bits, isEmpty };
  }
}

/** How far one answer has come in a grammar. */
export class GrammarMatcher {
  #state: State;

  constructor(private readonly grammar: TokenGrammar) {
    this.#state = grammar.automaton.start;
  }

  /** The answer may end here. */
  get mayEnd(): boolean {
    return this.#state.mayEnd;
  }

  /** The answer is whole: nothing can follow. */
  get isComplete(): boolean {
    return this.#state.mayEnd && this.#state.frames.length === 0;
  }

  /** Whether a token can come next. */
  allows(token: number): boolean {
    return this.grammar.after(this.#state, token) !== undefined;
  }

  /** Goes on with a token; false, and where it was, when the token does not fit. */
  advance(token: number): boolean {
    const reached = this.grammar.after(this.#state, token);
    if (reached) this.#state = reached;
    return reached !== undefined;
  }

  /**
   * Rules out, with minus infinity, the scores of tokens that cannot come next. `ends`: tokens that end the answer, which stay where
   * it may end. @throws {LlmiError} INPUT_UNSUPPORTED where no token is left
   */
  restrict(scores: Float32Array, ends: readonly number[] = []): void {
    const { bits, isEmpty } = this.grammar.mask(this.#state);
    if (isEmpty && !this.mayEnd) throw stuck();
    const kept = this.mayEnd ? ends.map((token) => scores[token]!) : [];
    for (let word = 0, first = 0; first < scores.length; word++, first += bitsPerWord) {
      const allowed = bits[word] ?? 0;
      if (allowed === allBits) continue;
      const beyond = Math.min(first + bitsPerWord, scores.length);
      if (allowed === 0) scores.fill(-Infinity, first, beyond);
      else for (let token = first; token < beyond; token++) if ((allowed & (1 << (token & 31))) === 0) scores[token] = -Infinity;
    }
    kept.forEach((score, index) => (scores[ends[index]!] = score));
  }
}

function stuck(): LlmiError {
  return new LlmiError('INPUT_UNSUPPORTED', {
    message: 'The vocabulary of this model has no token that the grammar allows next.',
    hint: 'Use characters in the grammar that the model can write.',
    param: 'response_format',
  });
}
