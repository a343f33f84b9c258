const encoder = new TextEncoder();

/**
 * Bytes by the character that byte-level BPE writes them as: printable bytes stand for themselves, the others follow from U+0100 on.
 * Source: bytes_to_unicode in https://github.com/openai/gpt-2/blob/master/src/encoder.py
 */
const byteOfCharacter = new Map<string, number>();
{
  const isPrintable = (byte: number) => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let next = 0x100;
  for (let byte = 0; byte < 256; byte++) byteOfCharacter.set(String.fromCharCode(isPrintable(byte) ? byte : next++), byte);
}

/** The bytes of a byte-level token; a character outside the alphabet (a token added as plain text) stands for its own UTF-8. */
export function byteLevelBytes(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const byte = byteOfCharacter.get(character);
    if (byte === undefined) bytes.push(...encoder.encode(character));
    else bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}
