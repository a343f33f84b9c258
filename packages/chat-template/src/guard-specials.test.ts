import { describe, expect, it } from 'vitest';
import { chooseMark, SpecialsGuard, splitAtMarks } from './guard-specials.js';

describe('the guard of control tokens', () => {
  const guard = new SpecialsGuard(['<|im_end|>', '<|im', '<s>', '.*']);

  it('finds their texts, the longest first and letter by letter', () => {
    expect(guard.mark('a<|im_end|>b<s>', '#')).toBe('a#<|im_end|>#b#<s>#');
    expect(guard.mark('anything', '#')).toBe('anything');
    expect([guard.finds('x <s>'), guard.finds('x <S>'), guard.finds('x <s>')]).toEqual([true, false, true]);
  });

  it('splits what was rendered into text of the template and text of the user', () => {
    expect(splitAtMarks('[a#<s>#b]', '#')).toEqual([
      { text: '[a', literal: false },
      { text: '<s>', literal: true },
      { text: 'b]', literal: false },
    ]);
    expect(splitAtMarks('[a#b]', undefined)).toEqual([{ text: '[a#b]', literal: false }]);
  });

  it('marks with what no text holds', () => {
    expect(chooseMark(['plain'])).toBe('\ufdd0');
    expect(chooseMark(['\ufdd0', 'x\ufdd1'])).toBe('\ufdd2');
  });

  it('has nothing to guard in a vocabulary without control tokens', () => {
    expect(new SpecialsGuard([]).finds('<s>')).toBe(false);
  });
});
