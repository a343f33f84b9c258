import { expect, it } from 'vitest';
import { makeNormalizer } from './normalize.js';
import { TracedText } from './traced-text.js';

const bert = { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true };

it('knows where replaced, inserted and removed characters come from', () => {
  const text = TracedText.of('abc').rewrite([{ start: 0, end: 0, text: '>' }, { start: 1, end: 2, text: 'XY' }, { start: 2, end: 3, text: '' }]);
  expect(text.text).toBe('>aXY');
  expect([text.range(0, 1), text.range(1, 2), text.range(2, 4), text.range()]).toEqual([[0, 1], [0, 1], [1, 2], [0, 2]]);
});

it('follows a text through a normalizer: accents, ideographs beyond 16 bits, a ligature', () => {
  const normalized = makeNormalizer(bert)(TracedText.of('É𠀀ß'));
  expect(normalized.text).toBe('e 𠀀 ß');
  expect([normalized.range(0, 1), normalized.range(2, 4), normalized.range(5, 6)]).toEqual([[0, 1], [1, 3], [3, 4]]);
  const ligature = makeNormalizer({ type: 'NFKC' })(TracedText.of('xﬁ'));
  expect([ligature.text, ligature.range(1, 2), ligature.range(2, 3)]).toEqual(['xfi', [1, 2], [1, 2]]);
});

it('counts a letter with its accent as both of them', () => {
  const composed = makeNormalizer({ type: 'NFC' })(TracedText.of('e\u0301a'));
  expect([composed.text, composed.range(0, 1), composed.range(1, 2)]).toEqual(['éa', [0, 2], [2, 3]]);
});

it('refuses a step that it does not know', () => {
  expect(() => makeNormalizer({ type: 'Unheard' })).toThrow(expect.objectContaining({ code: 'MODEL_FORMAT_UNSUPPORTED' }));
});
