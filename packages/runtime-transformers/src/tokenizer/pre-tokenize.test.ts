import { describe, expect, it } from 'vitest';
import { makePreTokenizer, type PreTokenizerConfig } from './pre-tokenize.js';
import { TracedText } from './traced-text.js';

const words = (config: PreTokenizerConfig, text: string) => makePreTokenizer(config)(TracedText.of(text), true).map((word) => word.text);

describe('words', () => {
  it('of BERT: spaces part them, every mark is one', () => {
    expect(words({ type: 'BertPreTokenizer' }, ' Hey, you—there!')).toEqual(['Hey', ',', 'you', '—', 'there', '!']);
  });

  it('of SentencePiece: a mark begins each', () => {
    const text = TracedText.of('a  b');
    expect(makePreTokenizer({ type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true })(text, true).map((word) => [word.text, word.range()])).toEqual([['▁a', [0, 1]], ['▁', [1, 2]], ['▁b', [2, 4]]]);
    expect(words({ type: 'Metaspace', prepend_scheme: 'never' }, 'a b')).toEqual(['a', '▁b']);
    expect(makePreTokenizer({ type: 'Metaspace', prepend_scheme: 'first' })(TracedText.of('a'), false)[0]!.text).toBe('a');
  });

  it('in bytes, each written as a character', () => {
    expect(words({ type: 'ByteLevel', add_prefix_space: true }, "é's 12")).toEqual(['ĠÃ©', "'s", 'Ġ12']);
    expect(makePreTokenizer({ type: 'ByteLevel' })(TracedText.of('aé'), true)[0]!.range(1, 2)).toEqual([1, 2]);
  });

  it('by patterns, with what parts them kept where it belongs', () => {
    const split = (behavior: string, invert = false) => words({ type: 'Split', pattern: { Regex: '-' }, behavior, invert }, 'a--b');
    expect(split('Removed')).toEqual(['a', 'b']);
    expect(split('Isolated')).toEqual(['a', '-', '-', 'b']);
    expect(split('MergedWithPrevious')).toEqual(['a-', '-', 'b']);
    expect(split('MergedWithNext')).toEqual(['a', '-', '-b']);
    expect(split('Contiguous')).toEqual(['a', '--', 'b']);
    expect(split('Removed', true)).toEqual(['-', '-']);
  });

  it('of letters in any script', () => {
    expect(words({ type: 'Whitespace' }, 'né! 日本')).toEqual(['né', '!', '日本']);
    expect(words({ type: 'Digits', individual_digits: true }, 'a12')).toEqual(['a', '1', '2']);
    expect(words({ type: 'Digits' }, 'a12')).toEqual(['a', '12']);
  });
});
