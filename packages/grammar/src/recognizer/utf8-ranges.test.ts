import { expect, it } from 'vitest';
import type { Range } from '../gbnf/character-ranges.js';
import { utf8Ranges } from './utf8-ranges.js';

/** How many of the parts some bytes fit. */
const fits = (ranges: readonly Range[], bytes: Uint8Array) => utf8Ranges(ranges).filter((part) => part.length === bytes.length && part.every(([first, last], index) => bytes[index]! >= first && bytes[index]! <= last)).length;
const utf8 = (code: number) => new TextEncoder().encode(String.fromCodePoint(code));

it.each([
  [[[0x41, 0x5a]]],
  [[[0x70, 0x90]]],
  [[[0x7ff, 0x800]]],
  [[[0xe9, 0x20ac], [0x1f600, 0x1f64f]]],
  [[[0x3456, 0x12345]]],
] as Range[][][])('%j: characters inside fit one part, those outside none', (ranges) => {
  const edges = ranges.flatMap(([first, last]) => [first - 1, first, first + 1, Math.floor((first + last) / 2), last - 1, last, last + 1]);
  for (const code of [...edges, 0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff]) {
    expect([code, fits(ranges, utf8(code))]).toEqual([code, ranges.some(([first, last]) => code >= first && code <= last) ? 1 : 0]);
  }
});

it('leaves out half surrogates and forms that are longer than needed', () => {
  const all: Range[] = [[0, 0x10ffff]];
  expect(fits(all, Uint8Array.of(0xed, 0xa0, 0x80))).toBe(0); // U+D800
  expect(fits(all, Uint8Array.of(0xc0, 0x80))).toBe(0); // U+0000 in two bytes
  expect(fits(all, Uint8Array.of(0xe0, 0x9f, 0xbf))).toBe(0); // U+07FF in three
  expect(fits(all, Uint8Array.of(0xf4, 0x90, 0x80, 0x80))).toBe(0); // beyond U+10FFFF
  expect(utf8Ranges(all)).toHaveLength(9); // as the table of RFC 3629, section 4, has them
});
