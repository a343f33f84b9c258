import { describe, expect, it } from 'vitest';
import { makeNormalizer } from './normalizer.js';
import { precompiledNormalizer } from './precompiled-charsmap.js';

const bert = { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true };

describe('makeNormalizer', () => {
  it('cleans, separates ideographs, strips accents and lowercases as BERT does', () => {
    expect(makeNormalizer(bert)('Ça\u0000 \u200bVA\tİ')).toBe('ca va i');
    expect(makeNormalizer(bert)('a中b')).toBe('a 中 b');
    expect(makeNormalizer({ ...bert, lowercase: false })('Ça')).toBe('Ça');
    expect(makeNormalizer({ ...bert, lowercase: false, strip_accents: true })('Ça')).toBe('Ca');
  });

  it('separates ideographs beyond 16 bits', () => {
    expect(makeNormalizer(bert)('𠀀𠀁x')).toBe(' 𠀀  𠀁 x');
  });

  it('lowercases character by character: no final sigma', () => {
    expect(makeNormalizer({ type: 'Lowercase' })('ΟΔΟΣ')).toBe('οδοσ');
  });

  it('runs steps in their order, those of the library too', () => {
    const steps = [{ type: 'Replace', pattern: { String: 'X' }, content: 'Y' }, { type: 'Lowercase' }, { type: 'NFD' }];
    expect(makeNormalizer({ type: 'Sequence', normalizers: steps })('XÉ')).toBe('ye\u0301');
  });
});

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

  it('refuses a map that is not whole', () => {
    expect(() => precompiledNormalizer(Buffer.from([255, 255, 0, 0, 1]).toString('base64'))).toThrow(RangeError);
  });
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
