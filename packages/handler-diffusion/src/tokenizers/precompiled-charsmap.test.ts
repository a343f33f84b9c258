import { describe, expect, it } from 'vitest';
import { precompiledNormalizer } from './precompiled-charsmap.js';

describe('precompiledNormalizer', () => {
  const normalize = precompiledNormalizer(charsmap());

  it('replaces what the map has, in characters of one and of several bytes', () => {
    expect(normalize('xax')).toBe('xbcx');
    expect(normalize('é')).toBe('E');
  });

  it('takes a short cluster as a whole, by the entry that it starts with', () => {
    expect(normalize('a\u0301')).toBe('bc');
    expect(normalize('x\u0301')).toBe('x\u0301');
  });

  it('takes a long cluster character by character', () => {
    expect(normalize('a\u0301\u0301\u0301')).toBe('bc\u0301\u0301\u0301');
  });

  it('keeps clusters whole where a window ends, and takes one that is longer than a window', () => {
    for (let before = 505; before <= 515; before++) expect(normalize('x'.repeat(before) + 'a\u0301y')).toBe(`${'x'.repeat(before)}bcy`);
    const long = 'x' + '\u0301'.repeat(2000);
    expect(normalize(`${long}a\u0301`)).toBe(`${long}bc`);
  });

  it('refuses a map that is not whole', () => {
    expect(() => precompiledNormalizer(Uint8Array.of(255, 255, 0, 0, 1))).toThrow(expect.objectContaining({ code: 'MODEL_FILE_CORRUPT' }));
    expect(() => precompiledNormalizer(Uint8Array.of(1))).toThrow(expect.objectContaining({ code: 'MODEL_FILE_CORRUPT' }));
  });
});

/** A map of "a" to "bc" and "é" (bytes C3 A9) to "E", its trie laid out by hand. */
function charsmap(): Uint8Array {
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
  return Uint8Array.from(Buffer.concat([size, Buffer.from(units.buffer), Buffer.from('bc\0E\0')]));
}
