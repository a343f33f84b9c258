import { corruptTokenizer } from './tokenizer-files.js';

/**
 * Double-array trie (darts-clone) of byte strings. Each 32-bit unit holds a label (bits 0-7, 31), whether a leaf follows (bit 8), and the
 * offset to its children (bits 10-30, times 256 when bit 9 is set); a leaf holds a value (bits 0-30).
 * Source: https://github.com/s-yata/darts-clone/blob/master/include/darts.h
 */
class DoubleArrayTrie {
  constructor(private readonly units: Uint32Array) {}

  /** The value of the shortest prefix of `bytes` that is in the trie. */
  shortestPrefix(bytes: Uint8Array): number | undefined {
    let position = this.offset(0);
    for (const byte of bytes) {
      if (byte === 0) return undefined;
      position ^= byte;
      const unit = this.units[position];
      if (unit === undefined || (unit & 0x8000_00ff) >>> 0 !== byte) return undefined;
      const hasLeaf = ((unit >>> 8) & 1) === 1;
      position ^= this.offset(position);
      if (hasLeaf) return this.units[position]! & 0x7fff_ffff;
    }
    return undefined;
  }

  private offset(position: number): number {
    const unit = this.units[position] ?? 0;
    return (unit >>> 10) << ((unit & 0x200) >>> 6);
  }
}

/** Longer clusters than this are normalized character by character. */
const maxClusterBytes = 5;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** UTF-16 units that are segmented together: Node 20 takes quadratic time for a text. */
const windowUnits = 512;

/**
 * The normalizer that SentencePiece compiles into a model: text to text, by a map of characters.
 *
 * Layout: size of the trie in bytes (32 bits, little-endian), the trie, then the replacements, each ended by a 0 byte; the trie's
 * values are positions in them. Like the reference, it takes the shortest entry that the start of a cluster or character has.
 * Source: https://github.com/huggingface/spm_precompiled/blob/main/src/lib.rs
 * @throws {LlmiError} MODEL_FILE_CORRUPT when `map` is not such a map
 */
export function precompiledNormalizer(map: Uint8Array): (text: string) => string {
  const trieBytes = map.length < 4 ? NaN : new DataView(map.buffer, map.byteOffset).getUint32(0, true);
  if (trieBytes % 4 !== 0 || 4 + trieBytes > map.length) throw corruptTokenizer('spiece.model', 'its map of characters is not whole');
  const trie = new DoubleArrayTrie(new Uint32Array(map.slice(4, 4 + trieBytes).buffer));
  const replacements = map.subarray(4 + trieBytes);
  /** Characters come again and again. */
  const known = new Map<string, string | undefined>();

  function replacementOf(part: string): string | undefined {
    if (!known.has(part)) known.set(part, findReplacement(part));
    return known.get(part);
  }

  function findReplacement(part: string): string | undefined {
    const start = trie.shortestPrefix(encoder.encode(part));
    if (start === undefined) return undefined;
    const end = replacements.indexOf(0, start);
    return decoder.decode(replacements.subarray(start, end < 0 ? replacements.length : end));
  }

  return (text) => {
    let normalized = '';
    for (const segment of clustersOf(text)) {
      const whole = Buffer.byteLength(segment) <= maxClusterBytes ? replacementOf(segment) : undefined;
      normalized += whole ?? Array.from(segment, (character) => replacementOf(character) ?? character).join('');
    }
    return normalized;
  };
}

/** Characters as a reader sees them, with their accents. The last one of a window may go on in the next, which begins with it. */
function* clustersOf(text: string): Generator<string> {
  let units = windowUnits;
  for (let start = 0; start < text.length; ) {
    const segments = Array.from(segmenter.segment(text.slice(start, start + units)), ({ segment }) => segment);
    const isLast = start + units >= text.length;
    const whole = isLast ? segments : segments.slice(0, -1);
    yield* whole;
    start = isLast ? text.length : start + units - segments.at(-1)!.length;
    units = whole.length === 0 ? 2 * units : windowUnits;
  }
}
