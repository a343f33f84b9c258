/** Code points from the first to the last, both included. */
export type Range = readonly [first: number, last: number];

/**
 * Characters that stand for themselves in a JSON string. Said as what it is and not as what it is not: only so does llama.cpp refuse
 * bytes that begin no character, such as half of a surrogate.
 */
export const plainCharacters: readonly Range[] = [
  [0x20, 0x21],
  [0x23, 0x5b],
  [0x5d, 0x7e],
  [0x80, 0xd7ff],
  [0xe000, 0x10ffff],
];

/** What is in both. */
export function shared(left: readonly Range[], right: readonly Range[]): Range[] {
  return left.flatMap(([from, to]) => right.flatMap(([first, last]): Range[] => (Math.max(from, first) <= Math.min(to, last) ? [[Math.max(from, first), Math.min(to, last)]] : [])));
}

/** What is in the first and not in the second. */
export function without(ranges: readonly Range[], excluded: readonly Range[]): Range[] {
  return excluded.reduce<Range[]>(
    (left, [first, last]) => left.flatMap(([from, to]): Range[] => (last < from || first > to ? [[from, to]] : [...(from < first ? [[from, first - 1] as Range] : []), ...(last < to ? [[last + 1, to] as Range] : [])])),
    [...ranges],
  );
}

export function single(character: string): Range {
  const code = character.codePointAt(0)!;
  return [code, code];
}

/** The ranges as GBNF writes them: a class in brackets. */
export function characterClass(ranges: readonly Range[]): string {
  return `[${ranges.map(([from, to]) => (from === to ? written(from) : `${written(from)}-${written(to)}`)).join('')}]`;
}

function written(code: number): string {
  const character = String.fromCodePoint(code);
  if (/[A-Za-z0-9 ]/.test(character)) return character;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
