/**
 * White space as Unicode and Python's regular expressions have it; JavaScript's \s takes in U+FEFF and leaves out U+0085.
 */
const space = '\\p{White_Space}';
const spaces = new RegExp(`${space}+`, 'gu');

/** Source: `CLIPTokenizer` of transformers, models/clip/tokenization_clip.py */
const words = new RegExp(`<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|\\p{L}+|\\p{N}|[^${space}\\p{L}\\p{N}]+`, 'gu');
const specialWord = /^(<\|)((?:start|end)oftext)(\|>)$/;

/** Every byte as a visible character. Source: `bytes_to_unicode` of openai/gpt-2, src/encoder.py */
const characterOfByte: readonly string[] = (() => {
  const isVisible = (byte: number) => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xff && byte !== 0xad);
  let others = 0;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(isVisible(byte) ? byte : 256 + others++));
})();
const byteOfCharacter = new Map(characterOfByte.map((character, byte) => [character, byte]));

const utf8 = new TextEncoder();
const text = new TextDecoder();

/** Composed, with single spaces, in lower case: character by character, where JavaScript alone writes a sigma at the end of a word as ς. */
export function normalizeForClip(input: string): string {
  return input.normalize('NFC').replace(spaces, ' ').replaceAll('Σ', 'σ').toLowerCase();
}

/** Words, single digits and runs of signs, each as its UTF-8 bytes in visible characters. */
export function splitForClip(normalized: string): string[] {
  return (normalized.match(words) ?? []).flatMap((word) => specialWord.exec(word)?.slice(1) ?? [word]).map(toVisibleBytes);
}

function toVisibleBytes(word: string): string {
  let visible = '';
  for (const byte of utf8.encode(word)) visible += characterOfByte[byte]!;
  return visible;
}

/** The text of tokens. A token that ends a word has `</w>` at its end. */
export function joinClipTokens(tokens: readonly string[]): string {
  const bytes = Array.from(tokens.join('').replaceAll('</w>', ' '), (character) => byteOfCharacter.get(character) ?? character.codePointAt(0)!);
  return text.decode(Uint8Array.from(bytes)).trim();
}
