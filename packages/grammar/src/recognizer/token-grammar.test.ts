import { describe, expect, it } from 'vitest';
import { TokenGrammar, type GrammarMatcher } from './token-grammar.js';
import { TokenTrie } from './token-trie.js';

const utf8 = (text: string) => new TextEncoder().encode(text);
const endToken = 3;
/** Bytes of é alone and together with others, tokens that begin alike, two that are the same, and some that are no text. */
const tokens = [utf8('"'), utf8('ab'), utf8('a'), undefined, utf8('abc"'), Uint8Array.of(0xc3), Uint8Array.of(0xa9), Uint8Array.of(0xa9, 0x22), utf8('a'), utf8('é"'), new Uint8Array(0), utf8('\n'), Uint8Array.of(0x61, 0xc3)];
const trie = new TokenTrie(tokens);
/** A word beyond the bits of a mask's first one, as logits that are padded have. */
const padded = 40;

const allowed = (matcher: GrammarMatcher) => {
  const scores = new Float32Array(padded).fill(1);
  matcher.restrict(scores, [endToken]);
  return [...scores.keys()].filter((token) => scores[token] === 1);
};

describe('the tokens of a vocabulary', () => {
  it('are walked by their bytes', () => {
    expect([...trie.tokens]).toEqual([11, 0, 2, 8, 1, 4, 12, 6, 7, 5, 9]);
    expect([trie.size, trie.deepest]).toEqual([13, 4]);
    expect([trie.bytesOf(3), trie.bytesOf(10), trie.bytesOf(99)]).toEqual([undefined, undefined, undefined]);
  });
});

describe('a mask', () => {
  const grammar = new TokenGrammar('root ::= "\\"" [a-cé]{0,3} "\\""', trie);

  it('allows what fits, byte by byte, and the end where the text may end', () => {
    const matcher = grammar.begin();
    expect(allowed(matcher)).toEqual([0]);
    expect(matcher.advance(0)).toBe(true);
    expect(allowed(matcher)).toEqual([0, 1, 2, 4, 5, 8, 9, 12]);
    expect(matcher.advance(5)).toBe(true); // the first half of é
    expect(allowed(matcher)).toEqual([6, 7]);
    expect(matcher.advance(2)).toBe(false);
    expect(matcher.advance(6)).toBe(true);
    expect(allowed(matcher)).toEqual([0, 1, 2, 5, 8, 9, 12]); // abc" would be a fourth character
    expect([matcher.mayEnd, matcher.isComplete]).toEqual([false, false]);
    matcher.advance(9);
    expect(allowed(matcher)).toEqual([endToken]);
    expect([matcher.mayEnd, matcher.isComplete]).toEqual([true, true]);
  });

  it('says of every token what reading it says, in every state that is met', () => {
    const matcher = grammar.begin();
    for (const token of [0, 12, 6, 2]) {
      expect(allowed(matcher)).toEqual([...tokens.keys()].filter((other) => matcher.allows(other)));
      expect(matcher.advance(token)).toBe(true);
    }
  });

  it('keeps the score of the end where it may come, beside what goes on', () => {
    const matcher = new TokenGrammar('root ::= "a"*', trie).begin();
    expect(allowed(matcher)).toEqual([2, endToken, 8]);
    expect([matcher.mayEnd, matcher.isComplete]).toEqual([true, false]);
  });

  it('serves answers beside each other', () => {
    const [one, other] = [grammar.begin(), grammar.begin()];
    one.advance(0);
    one.advance(1);
    expect(allowed(other)).toEqual([0]);
    expect(allowed(one)).toEqual([0, 2, 5, 8, 9]);
  });

  it('is refused where the vocabulary cannot write what comes', () => {
    const matcher = new TokenGrammar('root ::= "a" "Z"', trie).begin();
    matcher.advance(2);
    expect(() => matcher.restrict(new Float32Array(padded))).toThrowError(expect.objectContaining({ code: 'INPUT_UNSUPPORTED' }));
  });
});
