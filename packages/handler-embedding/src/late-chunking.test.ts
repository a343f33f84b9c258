import { expect, it } from 'vitest';
import { makeWindows, splitIntoChunks } from './late-chunking.js';
import type { TextTokenizer } from './tokenizer/text-tokenizer.js';

/** One token per character that is no space; [1] before and [2] behind. */
const tokenizer = {
  frame: { before: [1], after: [2], typesBefore: [0], typesAfter: [0], contentType: 0 },
  content: (text: string) => Array.from(text.replaceAll(/\s/g, ''), (character) => character.codePointAt(0)!),
} as unknown as TextTokenizer;

const textsOf = (text: string, chunkTokens: number) => splitIntoChunks(tokenizer, text, chunkTokens).map(({ start, end }) => text.slice(start, end));

it('cuts after sentences, and puts short ones together', () => {
  expect(textsOf('One two. Three four. Five.', 17)).toEqual(['One two. Three four.', ' Five.']);
  expect(textsOf('One two. Three four. Five.', 10)).toEqual(['One two.', ' Three four.', ' Five.']);
});

it('cuts long sentences after words, and long words anywhere but inside a character', () => {
  expect(textsOf('One two three', 6)).toEqual(['One two', ' three']);
  expect(textsOf('abcdefgh', 3)).toEqual(['ab', 'cd', 'ef', 'gh']);
  expect(textsOf('🙂🙂🙂🙂', 1)).toEqual(['🙂', '🙂', '🙂', '🙂']);
});

it('leaves no character out, and holds to the limit', () => {
  const text = `${'Words of a sentence, and more. '.repeat(40)}\n\n${'x'.repeat(99)}  End`;
  for (const limit of [1, 7, 50, 1000]) {
    const chunks = splitIntoChunks(tokenizer, text, limit);
    expect(chunks.map(({ start, end }) => text.slice(start, end)).join('')).toBe(text);
    expect(chunks.flatMap(({ ids }) => ids)).toEqual(tokenizer.content(text));
    expect(Math.max(...chunks.map(({ ids }) => ids.length))).toBeLessThanOrEqual(limit);
  }
});

it('gives an empty text one piece', () => {
  expect(splitIntoChunks(tokenizer, '', 5)).toEqual([{ start: 0, end: 0, ids: [] }]);
});

it('reads what fits at once, else in windows that overlap, and takes every token once', () => {
  const ids = Array.from({ length: 23 }, (_, index) => 100 + index);
  expect(makeWindows(tokenizer, ids, [], 25)).toHaveLength(1);
  const windows = makeWindows(tokenizer, ids, [7], 11); // room for 8: one special token at each end, one of the prompt
  expect(windows.map(({ first, last }) => [first, last])).toEqual([[0, 7], [7, 13], [13, 17], [17, 23]]);
  for (const { encoded, first, last, offset } of windows) {
    expect(encoded.ids).toHaveLength(11);
    expect([encoded.ids[0], encoded.ids[1], encoded.ids.at(-1)]).toEqual([1, 7, 2]);
    expect(encoded.ids.slice(offset, offset + last - first)).toEqual(ids.slice(first, last));
  }
});
