import { expect, it } from 'vitest';
import { makeNormalizer } from './normalize.js';
import { precompiledNormalizer } from './precompiled-charsmap.js';
import { TracedText } from './traced-text.js';

const normalize = (text: string) => makeNormalizer({ type: 'Precompiled', precompiled_charsmap: charsmap() })(TracedText.of(text));

it('replaces what the map has, in characters of one and of several bytes, and knows where from', () => {
  expect(normalize('xax').text).toBe('xbcx');
  expect(normalize('xax').range(1, 3)).toEqual([1, 2]);
  expect(normalize('é').text).toBe('E');
});

it('takes a short cluster as a whole, by the entry that it starts with, and a long one by its characters', () => {
  expect(normalize('xa\u0301').text).toBe('xbc');
  expect(normalize('x\u0301').text).toBe('x\u0301');
  expect(normalize('a\u0301\u0301\u0301').text).toBe('bc\u0301\u0301\u0301');
});

it('does the same to a long text as to its parts', () => {
  const part = 'a é。a\u0301日本 ';
  expect(normalize(part.repeat(900)).text).toBe(normalize(part).text.repeat(900));
});

it('refuses a map that is not whole', () => {
  expect(() => precompiledNormalizer(Buffer.from([255, 255, 0, 0, 1]).toString('base64'))).toThrow(RangeError);
});

/** A map of "a" to "bc" and "é" (bytes C3 A9) to "E", its trie laid out by hand. */
function charsmap(): string {
  const units = new Uint32Array(1024);
  const hasLeaf = 1 << 8;
  const offset = (places: number) => places << 10;
  units[0x61] = offset(256) | hasLeaf | 0x61;
  units[0x61 ^ 256] = 0; // "bc", at the start of the replacements
  units[0xc3] = offset(256) | 0xc3;
  units[0xc3 ^ 256 ^ 0xa9] = offset(512) | hasLeaf | 0xa9;
  units[0xc3 ^ 256 ^ 0xa9 ^ 512] = 3; // "E"
  const size = Buffer.alloc(4);
  size.writeUInt32LE(units.byteLength);
  return Buffer.concat([size, Buffer.from(units.buffer), Buffer.from('bc\0E\0')]).toString('base64');
}
