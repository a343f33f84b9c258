import { describe, expect, it } from 'vitest';
import { ExactText } from './exact-text.js';
import { TextTokenizer } from './text-tokenizer.js';
import { tokenTexts } from './token-texts.js';
import type { TokenizerJson } from './tokenizer-files.js';

function tokenizer(tokens: readonly string[], decoder: object | null, added: readonly { content: string; special: boolean }[] = []): TextTokenizer {
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const added_tokens = added.map(({ content, special }, index) => ({ id: tokens.length + index, content, special }));
  return TextTokenizer.from({ decoder, added_tokens, post_processor: null, pre_tokenizer: null, normalizer: null, model: { type: 'BPE', vocab, merges: [] } } as unknown as TokenizerJson);
}

const hex = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString('hex');
const replace = { type: 'Replace', pattern: { String: '\u2581' }, content: ' ' };
const sentencePiece = { type: 'Sequence', decoders: [replace, { type: 'ByteFallback' }, { type: 'Fuse' }, { type: 'Strip', content: ' ', start: 1, stop: 0 }] };

describe('the bytes of a token', () => {
  it.each([
    ['byte-level', { type: 'ByteLevel' }, ['a', 'Ġa', 'Ã', '©', 'Ċ'], ['61', '2061', 'c3', 'a9', '0a']],
    ['SentencePiece with bytes', sentencePiece, ['▁a', 'a▁', '<0xC3>', '<0xA9>', '▁'], ['2061', '6120', 'c3', 'a9', '20']],
    ['SentencePiece without', { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' }, ['▁a', 'é', '<0xC3>'], ['2061', 'c3a9', '3c307843333e']],
    ['WordPiece', { type: 'WordPiece', prefix: '##', cleanup: false }, ['word', '##s'], ['20776f7264', '73']],
    ['none', null, ['a', 'b'], ['2061', '2062']],
  ])('of a vocabulary of the kind %s', (_, decoder, tokens, bytes) => {
    const { size, bytesOf } = { size: tokens.length, bytesOf: (id: number) => tokenizer(tokens, decoder).bytesOf(id) };
    expect(Array.from({ length: size }, (_unused, id) => hex(bytesOf(id)))).toEqual(bytes);
    expect(bytesOf(size)).toBeUndefined();
  });

  it('give text that is exact, a character when it is whole', () => {
    const pieces = new ExactText(tokenizer(['▁a', '▁,', '<0xC3>', '<0xA9>'], sentencePiece));
    expect([0, 1, 2, 3, 2].map((id) => pieces.push(id))).toEqual([' a', ' ,', '', 'é', '']);
    expect(pieces.end()).toBe('\uFFFD');
  });
});

describe('the vocabulary that a grammar sees', () => {
  const added = [{ content: '<end>', special: true }, { content: '<call>', special: true }, { content: '<think>', special: false }];

  it('has no special tokens but those that it names, and none that ends the answer', () => {
    const model = tokenizer(['a', 'b'], { type: 'ByteLevel' }, added);
    const seen = (named: number[], ends: number[]) => [...tokenTexts(model, new Set(named), ends).tokens].sort();
    expect(seen([], [2])).toEqual([0, 1, 4]);
    expect(seen([3], [2])).toEqual([0, 1, 3, 4]);
    expect(seen([2, 3], [2, 1])).toEqual([0, 3, 4]);
  });

  it('has parts of characters only where every character can be ended', () => {
    const byte = (value: number) => `<0x${value.toString(16).toUpperCase()}>`;
    const continuations = Array.from({ length: 64 }, (_, index) => byte(0x80 + index));
    const whole = tokenTexts(tokenizer(['▁a', byte(0xc3), ...continuations], sentencePiece), new Set(), []);
    const partial = tokenTexts(tokenizer(['▁a', byte(0xc3), ...continuations.slice(1)], sentencePiece), new Set(), []);
    expect([whole.tokens.length, partial.tokens.length]).toEqual([66, 1]);
  });
});
