import { precompiledNormalizer as findRewrites } from '@llmi/runtime-transformers';

/**
 * The normalizer that SentencePiece compiles into a model: text to text, by a map of characters.
 * @throws {RangeError} when `base64` is not such a map
 */
export function precompiledNormalizer(base64: string): (text: string) => string {
  const rewritesOf = findRewrites(base64);
  return (text) => {
    const parts: string[] = [];
    let done = 0;
    for (const { start, end, text: replacement } of rewritesOf(text)) {
      parts.push(text.slice(done, start), replacement);
      done = end;
    }
    parts.push(text.slice(done));
    return parts.join('');
  };
}
