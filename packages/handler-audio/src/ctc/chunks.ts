/** A part of a sound, with what its neighbours hear too. */
export interface SoundChunk {
  samples: Float32Array;
  /** Samples at both ends that count for the neighbours. */
  left: number;
  right: number;
  /** Where it ends in the whole. */
  end: number;
  isLast: boolean;
}

/** Seconds: sounds up to the first go through as a whole; longer ones in chunks of the second, a sixth of which on both sides is context. */
const [wholeSeconds, chunkSeconds] = [60, 30];

/**
 * Cuts a sound into chunks that overlap, as the pipeline of transformers does with `chunk_length_s: 30`. `alignTo`: samples of a frame,
 * which chunks begin and end with.
 */
export async function* chunksOf(blocks: AsyncIterable<Float32Array>, { sampleRate, alignTo }: { sampleRate: number; alignTo: number }): AsyncGenerator<SoundChunk> {
  const aligned = (seconds: number) => Math.round((seconds * sampleRate) / alignTo) * alignTo;
  const [size, overlap] = [aligned(chunkSeconds), aligned(chunkSeconds / 6)];
  let pending = new Float32Array(wholeSeconds * sampleRate + sampleRate);
  let length = 0;
  let start = 0; // of `pending` in the whole
  let isLong = false;
  for await (const block of blocks) {
    if (length + block.length > pending.length) {
      const grown = new Float32Array(2 * (length + block.length));
      grown.set(pending.subarray(0, length));
      pending = grown;
    }
    pending.set(block, length);
    length += block.length;
    isLong ||= length > wholeSeconds * sampleRate;
    while (isLong && length > size) {
      yield { samples: pending.slice(0, size), left: start === 0 ? 0 : overlap, right: overlap, end: start + size, isLast: false };
      const step = size - 2 * overlap;
      pending.copyWithin(0, step, length);
      length -= step;
      start += step;
    }
  }
  yield { samples: pending.slice(0, length), left: start === 0 ? 0 : overlap, right: 0, end: start + length, isLast: true };
}
