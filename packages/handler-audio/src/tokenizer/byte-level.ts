/**
 * The byte that each character of a byte-level vocabulary stands for: printable ones for themselves, the others from U+0100 on.
 * Source: `bytes_to_unicode` of OpenAI's GPT-2, https://github.com/openai/gpt-2/blob/master/src/encoder.py
 */
const byteOfCharacter = new Map<string, number>();
for (let byte = 0, next = 256; byte < 256; byte++) {
  const isPrintable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  byteOfCharacter.set(String.fromCharCode(isPrintable ? byte : next++), byte);
}

const encoder = new TextEncoder();

/** The bytes that a token of a byte-level vocabulary stands for; of a text that is none, its own. */
export function bytesOfToken(token: string): Uint8Array {
  const bytes = Array.from(token, (character) => byteOfCharacter.get(character));
  return bytes.includes(undefined) ? encoder.encode(token) : Uint8Array.from(bytes as number[]);
}
