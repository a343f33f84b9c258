import { describe, expect, it } from 'vitest';
import { TokenDecoder, Vocabulary } from './vocabulary.js';

const noFallback = () => {
  throw new Error('not a known tokenizer');
};

/** A byte-level vocabulary: one token per byte, then the words given. */
function byteLevel(...words: string[]): Vocabulary {
  const isPrintable = (byte: number) => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let next = 0x100;
  const bytes = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : next++));
  return new Vocabulary({ 'tokenizer.ggml.model': 'gpt2', 'tokenizer.ggml.tokens': [...bytes, ...words], 'tokenizer.ggml.token_type': [...bytes.map(() => 1), ...words.map(() => 1)] }, noFallback);
}

function sentencePiece(pieces: [text: string, kind: number][], extra = {}): Vocabulary {
  return new Vocabulary(
    { 'tokenizer.ggml.model': 'llama', 'tokenizer.ggml.tokens': pieces.map(([text]) => text), 'tokenizer.ggml.token_type': pieces.map(([, kind]) => kind), ...extra },
    noFallback,
  );
}

function decode(vocabulary: Vocabulary, tokens: readonly number[]): string[] {
  const decoder = new TokenDecoder(vocabulary);
  return [...tokens.map((token) => decoder.push(token)), decoder.end()];
}

describe('byte-level tokens', () => {
  it('spell a character over several tokens, which appears once', () => {
    expect(decode(byteLevel(), [...new TextEncoder().encode('h€!')])).toEqual(['h', '', '', '€', '!', '']);
  });

  it.each([
    [[0xff], '\ufffd'],
    [[0xe2, 0x82], '\ufffd'], // the beginning of €, and the end of the text
    [[0xe2, 0x82, 0x41], '\ufffdA'],
    [[0xf0, 0x9f, 0x98, 0xe2, 0x82, 0xac], '\ufffd€'],
    [[0xc0, 0x80, 0xed, 0xa0, 0x80], '\ufffd'.repeat(5)], // an overlong form and a surrogate: one mark per byte
    [[0x80, 0x80, 0x42], '\ufffd\ufffdB'],
  ])("of bytes %j give %j, as Python's decode(errors='replace')", (bytes, text) => {
    expect(decode(byteLevel(), bytes).join('')).toBe(text);
  });

  it('finish a character that a word token begins', () => {
    const vocabulary = byteLevel('aâĤ', '¬b'); // "a" and two bytes of €; its last byte and "b"
    expect(decode(vocabulary, [256, 257])).toEqual(['a', '€b', '']);
  });

  it('keep a byte order mark and a leading space', () => {
    expect(decode(byteLevel('Ġx'), [0xef, 0xbb, 0xbf, 256]).join('')).toBe('\ufeff x');
    expect(decode(byteLevel('Ġx'), [256, 256]).join('')).toBe(' x x');
  });
});

describe('SentencePiece tokens', () => {
  const pieces: [string, number][] = [
    ['<unk>', 2],
    ['<s>', 3],
    ['\u2581the', 1],
    ['\u2581\u2581sea', 1],
    ['<0xE2>', 6],
    ['<0x82>', 6],
    ['<0xAC>', 6],
    ['<tool>', 4],
  ];

  it('lose the one space that the tokenizer put before the text', () => {
    expect(decode(sentencePiece(pieces), [1, 2, 2]).join('')).toBe('the the');
    expect(decode(sentencePiece(pieces), [3]).join('')).toBe(' sea');
  });

  it('keep it where the tokenizer puts none', () => {
    expect(decode(sentencePiece(pieces, { 'tokenizer.ggml.add_space_prefix': false }), [2]).join('')).toBe(' the');
  });

  it('spell characters by bytes, show added words and hide control tokens', () => {
    expect(decode(sentencePiece(pieces), [7, 4, 5, 6, 1, 0]).join('')).toBe('<tool>€');
  });
});

it('asks the library for the text of tokenizers it does not read', () => {
  const vocabulary = new Vocabulary({ 'tokenizer.ggml.model': 'rwkv', 'tokenizer.ggml.tokens': ['a'], 'tokenizer.ggml.token_type': [1] }, (token) => `#${token}`);
  expect(decode(vocabulary, [0])).toEqual(['#0', '']);
});

describe('control tokens', () => {
  it('are written out only where that is asked for', () => {
    const metadata = { 'tokenizer.ggml.model': 'gpt2', 'tokenizer.ggml.tokens': ['a', '[TOOL_CALLS]', '<|im_end|>'], 'tokenizer.ggml.token_type': [1, 3, 3] };
    const vocabulary = new Vocabulary(metadata, () => '');
    const decode = (decoder: TokenDecoder) => [0, 1, 2, 0].map((token) => decoder.push(token)).join('') + decoder.end();
    expect(decode(new TokenDecoder(vocabulary))).toBe('aa');
    expect(decode(new TokenDecoder(vocabulary, vocabulary.controlTokens(['[TOOL_CALLS]', 'a'])))).toBe('a[TOOL_CALLS]a');
  });
});
