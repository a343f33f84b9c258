import { expect, it } from 'vitest';
import { TextStream } from '../tokenizer/text-stream.js';
import { TextTokenizer } from '../tokenizer/text-tokenizer.js';
import type { EndReason, GeneratedToken } from './generate-tokens.js';
import { textOfTokens } from './text-of-tokens.js';

/** Bytes as tokens: token n is byte n. */
function byteTokenizer(): TextTokenizer {
  const vocab = Object.fromEntries(Array.from({ length: 256 }, (_, byte) => [`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`, byte]));
  return TextTokenizer.from({
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: { type: 'Sequence', decoders: [{ type: 'ByteFallback' }, { type: 'Fuse' }] } as never,
    model: { type: 'BPE', vocab, merges: [], byte_fallback: true } as never,
    added_tokens: [],
  });
}

async function* tokensOf(text: string | number[], end: EndReason = 'length'): AsyncGenerator<GeneratedToken, EndReason> {
  for (const token of typeof text === 'string' ? Buffer.from(text) : text) yield { token };
  return end;
}

async function read(text: string | number[], stops: string[] = []) {
  const pieces: string[] = [];
  const texts = textOfTokens(tokensOf(text), new TextStream(byteTokenizer()), stops);
  let next = await texts.next();
  for (; !next.done; next = await texts.next()) pieces.push(next.value.text);
  return { pieces, ...next.value };
}

it('never cuts a character', async () => {
  const { pieces, text, tokens } = await read('aé日👩‍👧');
  expect(text).toBe('aé日👩‍👧');
  expect(pieces.join('')).toBe(text);
  expect(pieces.every((piece) => !piece.includes('\uFFFD'))).toBe(true);
  expect(tokens).toBe(Buffer.byteLength(text));
});

it('says one U+FFFD for each byte that is no text, as Python does', async () => {
  expect((await read([0xe2, 0x82])).text).toBe('\uFFFD\uFFFD');
  expect(byteTokenizer().decode([0x61, 0xe2, 0x82])).toBe('\uFFFD\uFFFD\uFFFD'); // a run is broken as a whole
  expect((await read([0x61, 0xe2, 0x82])).text).toBe('a\uFFFD\uFFFD'); // but what was said stays said
});

it('stops at a stop string that comes in pieces, and shows nothing of it', async () => {
  const { pieces, ...end } = await read('one END two', ['END', 'two']);
  expect(pieces.join('')).toBe('one ');
  expect(end).toMatchObject({ text: 'one ', finishReason: 'stop', stop: 'END' });
  expect(await read('one EN', ['END'])).toMatchObject({ text: 'one EN', finishReason: 'length' });
});
