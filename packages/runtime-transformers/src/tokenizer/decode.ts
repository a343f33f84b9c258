import type { LibraryDecoder } from './library.js';
import { characterOfByte } from './pre-tokenize.js';

const byteOfCharacter = new Map(characterOfByte.map((character, byte) => [character, byte]));
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Replaces the steps of a decoder that the library does otherwise than Python. */
export function correctDecoder(decoder: LibraryDecoder | null): void {
  if (!decoder) return;
  decoder.decoders?.forEach(correctDecoder);
  if (decoder.config.type === 'ByteFallback') decoder.decode_chain = fallBackToBytes;
  if (decoder.config.type === 'ByteLevel') decoder.decode_chain = (tokens) => [utf8.decode(Buffer.concat(tokens.map(bytesOfByteLevelToken)))];
}

/** Of a byte-level token; of a text that is none, its own. */
export function bytesOfByteLevelToken(token: string): Uint8Array {
  const bytes = Array.from(token, (character) => byteOfCharacter.get(character));
  return bytes.includes(undefined) ? encoder.encode(token) : Uint8Array.from(bytes as number[]);
}

/** A run of byte tokens is the text it encodes, or one U+FFFD for each byte. Source: huggingface/tokenizers, decoders/byte_fallback.rs */
function fallBackToBytes(tokens: string[]): string[] {
  const texts: string[] = [];
  let run: number[] = [];
  const endRun = () => {
    if (run.length === 0) return;
    try {
      texts.push(strictUtf8.decode(Uint8Array.from(run)));
    } catch {
      texts.push(...run.map(() => '\uFFFD'));
    }
    run = [];
  };
  for (const token of tokens) {
    const byte = /^<0x([0-9A-Fa-f]{2})>$/.exec(token);
    if (byte) run.push(Number.parseInt(byte[1]!, 16));
    else {
      endRun();
      texts.push(token);
    }
  }
  endRun();
  return texts;
}

/** What Python does where `clean_up_tokenization_spaces` is set. */
export function cleanUpSpaces(text: string): string {
  return text
    .replaceAll(' .', '.')
    .replaceAll(' ?', '?')
    .replaceAll(' !', '!')
    .replaceAll(' ,', ',')
    .replaceAll(" ' ", "'")
    .replaceAll(" n't", "n't")
    .replaceAll(" 'm", "'m")
    .replaceAll(" 's", "'s")
    .replaceAll(" 've", "'ve")
    .replaceAll(" 're", "'re");
}
