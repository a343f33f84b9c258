/** GPT-2's alphabet: a visible sign for each byte. Source: bytes_to_unicode of transformers */
const signs = makeAlphabet();
const byteOf = new Map(signs.map((sign, byte) => [sign, byte]));

function makeAlphabet(): string[] {
  const isVisible = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(isVisible(byte) ? byte : next++));
}

/** The bytes of a text as signs. */
export function byteLevel(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => signs[byte]).join('');
}

/** The text that signs stand for; a token with any other sign in it is itself. */
export function fromByteLevel(token: string): string {
  const bytes = Array.from(token, (sign) => byteOf.get(sign));
  return bytes.includes(undefined) ? token : new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes as number[]));
}
