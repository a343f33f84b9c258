import { describe, expect, it } from 'vitest';
import { promptChunks } from '../src/prompt/prompt-chunks.js';

/** One token for each word or sign; room for four of them. */
const words = ['<s>', '</s>', '!'];
const tokenizer = {
  bosId: 0,
  eosId: 1,
  padId: 2,
  modelMaxLength: 6,
  encode: (text: string) =>
    (text.match(/\w+|\S/g) ?? []).map((word) => {
      if (!words.includes(word)) words.push(word);
      return words.indexOf(word);
    }),
  decode: (ids: readonly number[]) => ids.map((id) => words[id]).join(' '),
};
const chunk = (prompt: string, options = {}) => {
  const { chunks, truncated } = promptChunks(tokenizer, prompt, options);
  return { chunks: chunks.map(({ ids }) => tokenizer.decode(ids)), truncated };
};

describe('promptChunks', () => {
  it('fills one chunk up, and says what is cut off', () => {
    expect(chunk('')).toEqual({ chunks: ['<s> </s> ! ! ! !'], truncated: undefined });
    expect(chunk('a b c d')).toEqual({ chunks: ['<s> a b c d </s>'], truncated: undefined });
    expect(chunk('a b c d e f')).toEqual({ chunks: ['<s> a b c d </s>'], truncated: 'e f' });
  });

  it('makes as many chunks as it takes', () => {
    expect(chunk('a b c d e f g h', { longPrompts: true })).toEqual({ chunks: ['<s> a b c d </s>', '<s> e f g h </s>'], truncated: undefined });
    expect(chunk('', { longPrompts: true }).chunks).toHaveLength(1);
    expect(chunk('a b, c d', { longPrompts: true }).chunks).toEqual(['<s> a b , c </s>', '<s> d </s> ! ! !']);
  });

  it('takes brackets for text unless it is asked to understand them', () => {
    expect(chunk('(a:2)').truncated).toBe(')');
    expect(promptChunks(tokenizer, '(a:2) b [c]', { weighting: true })).toEqual({
      chunks: [{ ids: tokenizer.encode('a b c').flatMap((id, index) => [...(index === 0 ? [0] : []), id, ...(index === 2 ? [1, 2] : [])]), weights: [1, 2, 1, 1 / 1.1, 1, 1] }],
    });
  });

  it('ends a weighted chunk at BREAK, or after its last comma', () => {
    const options = { weighting: true, longPrompts: true };
    expect(chunk('a BREAK b c', options).chunks).toEqual(['<s> a </s> ! ! !', '<s> b c </s> ! !']);
    expect(chunk('a b, c d e', options).chunks).toEqual(['<s> a b , </s> !', '<s> c d e </s> !']);
    expect(chunk('a b c, d', options).chunks).toEqual(['<s> a b c , </s>', '<s> d </s> ! ! !']);
    expect(chunk('a BREAK b c', { weighting: true })).toEqual({ chunks: ['<s> a </s> ! ! !'], truncated: 'b c' });
  });
});
