import type { Range } from '../gbnf/character-ranges.js';

/** Bytes one after the other, each from its first to its last. */
export type ByteRanges = readonly Range[];

/** Parts of all characters whose UTF-8 has the same length; half surrogates are no characters. Source: RFC 3629, sections 3 and 4 */
const lengths: readonly Range[] = [
  [0, 0x7f],
  [0x80, 0x7ff],
  [0x800, 0xd7ff],
  [0xe000, 0xffff],
  [0x10000, 0x10ffff],
];

/** What characters of some ranges are in UTF-8: each of them fits exactly one of the results. */
export function utf8Ranges(ranges: readonly Range[]): ByteRanges[] {
  return ranges.flatMap(([first, last]) => lengths.flatMap(([from, to]) => (first <= to && last >= from ? split(Math.max(first, from), Math.min(last, to)) : [])));
}

/** A range of one length, in parts where every byte is free within its own range. */
function split(first: number, last: number): ByteRanges[] {
  const [low, high] = [encode(first), encode(last)];
  for (let tail = 1; tail < low.length; tail++) {
    const mask = (1 << (6 * tail)) - 1; // what the last `tail` bytes hold
    if (first >> (6 * tail) === last >> (6 * tail)) continue;
    if ((first & mask) !== 0) return [...split(first, first | mask), ...split((first | mask) + 1, last)];
    if ((last & mask) !== mask) return [...split(first, (last & ~mask) - 1), ...split(last & ~mask, last)];
  }
  return [Array.from(low, (byte, index): Range => [byte, high[index]!])];
}

function encode(code: number): Uint8Array {
  return new TextEncoder().encode(String.fromCodePoint(code));
}
