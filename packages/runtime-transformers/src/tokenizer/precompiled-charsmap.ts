import type { Rewrite } from './traced-text.js';

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

/** Printable ASCII between its like: each character is a cluster by itself, which is quicker to see than to have segmented. */
const plainRun = /(?<=^|[\x20-\x7E])[\x20-\x7E]+(?=[\x20-\x7E]|$)/g;

/** Units that are segmented at once: Node 20 takes a time that grows with the square of their number. */
const longStretch = 1000;
/** Characters that begin a cluster, whatever comes before them. */
const beginsCluster = /[\p{Zs}\p{P}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu;

/** The first place from `from` on where a cluster begins for certain. */
function cutAfter(text: string, from: number): number {
  beginsCluster.lastIndex = from;
  return beginsCluster.exec(text)?.index ?? text.length;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const clusters = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * The normalizer that SentencePiece compiles into a model: what is to be replaced in a text, by a map of characters.
 *
 * Layout: size of the trie in bytes (32 bits, little-endian), the trie, then the replacements, each ended by a 0 byte; the trie's
 * values are positions in them. Like the reference, it takes the shortest entry that the start of a cluster or character has.
 * Source: https://github.com/huggingface/spm_precompiled/blob/main/src/lib.rs
 * @throws {RangeError} when `base64` is not such a map
 */
export function precompiledNormalizer(base64: string): (text: string) => Rewrite[] {
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

  const plain = new Map<string, string | undefined>();
  for (let code = 0x20; code < 0x7f; code++) plain.set(String.fromCharCode(code), replacementOf(String.fromCharCode(code)));

  return (text) => {
    const rewrites: Rewrite[] = [];
    const put = (start: number, part: string, replacement: string | undefined) => {
      if (replacement !== undefined) rewrites.push({ start, end: start + part.length, text: replacement });
      return replacement !== undefined;
    };
    const byCluster = (from: number, to: number): void => {
      const cut = to - from > longStretch ? cutAfter(text, from + longStretch) : to;
      if (cut < to) {
        byCluster(from, cut);
        return byCluster(cut, to);
      }
      for (const { segment, index } of clusters.segment(text.slice(from, to))) {
        if (Buffer.byteLength(segment) <= maxClusterBytes && put(from + index, segment, replacementOf(segment))) continue;
        let start = from + index;
        for (const character of segment) {
          put(start, character, replacementOf(character));
          start += character.length;
        }
      }
    };
    let done = 0;
    for (const { 0: run, index } of text.matchAll(plainRun)) {
      byCluster(done, index);
      for (let unit = 0; unit < run.length; unit++) put(index + unit, run[unit]!, plain.get(run[unit]!));
      done = index + run.length;
    }
    byCluster(done, text.length);
    return rewrites;
  };
}
