import { bytesOfByteLevelToken } from './decode.js';
import type { LibraryDecoder } from './library.js';

const encoder = new TextEncoder();
const byteToken = /^<0x([0-9A-Fa-f]{2})>$/;
/** A token that stands before the one that is looked at: decoders treat the first of a text differently. */
const before = 'a';

/** Says what a token adds to the text that it stands inside of, as bytes: of a character that several tokens spell, its part. */
export function tokenByteReader(decoder: LibraryDecoder | null): (token: string) => Uint8Array {
  const kinds = new Set((decoder?.decoders ?? (decoder ? [decoder] : [])).map(({ config }) => config.type));
  if (kinds.has('ByteLevel')) return bytesOfByteLevelToken;
  const textOf = (...tokens: string[]) => (decoder ? decoder.decode_chain(tokens).join('') : tokens.join(' '));
  const start = textOf(before).length;
  return (token) => {
    const byte = kinds.has('ByteFallback') ? byteToken.exec(token) : null;
    return byte ? Uint8Array.of(Number.parseInt(byte[1]!, 16)) : encoder.encode(textOf(before, token).slice(start));
  };
}
