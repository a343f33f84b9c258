/**
 * Double-array trie (darts-clone) of byte strings. Each 32-bit unit holds a label (bits 0-7, 31), whether a leaf follows (bit 8), and the
 * offset to its children (bits 10-30, times 256 when bit 9 is set); a leaf holds a value (bits 0-30).
 * Source: https://github.com/s-yata/darts-clone/blob/master/include/darts.h
 */
class DoubleArrayTrie {
  constructor(private readonly units: Uint32Array) {}

  /** The value of the shortest prefix of `bytes` that is in the trie. */
  shortestPrefix(bytes: Uint8Array): number | undefined {
    let position = this.#offset(0);
    for (const byte of bytes) {
      if (byte === 0) return undefined;
      position ^= byte;
      const unit = this.units[position];
      if (unit === undefined || (unit & 0x8000_00ff) >>> 0 !== byte) return undefined;
      const hasLeaf = ((unit >>> 8) & 1) === 1;
      position ^= this.#offset(position);
      if (hasLeaf) return this.units[position]! & 0x7fff_ffff;
    }
    return undefined;
  }

  #offset(position: number): number {
    const unit = this.units[position] ?? 0;
    return (unit >>> 10) << ((unit & 0x200) >>> 6);
  }
}

/** Longer clusters than this are normalized character by character. */
const maxClusterBytes = 5;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const clusters = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * The normalizer that SentencePiece compiles into a model: text to text, by a map of characters.
 *
 * Layout: size of the trie in bytes (32 bits, little-endian), the trie, then the replacements, each ended by a 0 byte; the trie's
 * values are positions in them. Like the reference, it takes the shortest entry that the start of a cluster or character has.
 * Source: https://github.com/huggingface/spm_precompiled/blob/main/src/lib.rs
 * @throws {RangeError} when `base64` is not such a map
 */
export function precompiledNormalizer(base64: string): (text: string) => string {
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'));
  const trieBytes = new DataView(bytes.buffer).getUint32(0, true);
  if (trieBytes % 4 !== 0 || 4 + trieBytes > bytes.length) throw new RangeError('The precompiled_charsmap of the tokenizer is damaged.');
  const trie = new DoubleArrayTrie(new Uint32Array(bytes.buffer.slice(4, 4 + trieBytes)));
  const replacements = bytes.subarray(4 + trieBytes);

  function replacementOf(part: string): string | undefined {
    const start = trie.shortestPrefix(encoder.encode(part));
    if (start === undefined) return undefined;
    const end = replacements.indexOf(0, start);
    return decoder.decode(replacements.subarray(start, end < 0 ? replacements.length : end));
  }

  return (text) => {
    let normalized = '';
    for (const { segment } of clusters.segment(text)) {
      const whole = Buffer.byteLength(segment) <= maxClusterBytes ? replacementOf(segment) : undefined;
      normalized += whole ?? Array.from(segment, (character) => replacementOf(character) ?? character).join('');
    }
    return normalized;
  };
}
