/** Seconds: what goes through as a whole, and where in it a cut may be. */
const [longestSeconds, searchSeconds] = [30, 10];
/** Sound that is looked at for its loudness, in seconds. */
const windowSeconds = 0.1;
/** Its convolutions need 127 + 6 x 64 + 2 x 192 samples; so little behind a cut is nothing. */
const leastSamples = 1000;

/** A part of a sound, and where it begins, in samples. */
export interface Piece {
  samples: Float32Array;
  start: number;
}

/** Cuts a long sound at the quietest places, so that no word is in two pieces. */
export async function* piecesOf(blocks: AsyncIterable<Float32Array>, sampleRate: number): AsyncGenerator<Piece> {
  const longest = longestSeconds * sampleRate;
  let pending: Float32Array = new Float32Array(0);
  let start = 0;
  for await (const block of blocks) {
    const joined = new Float32Array(pending.length + block.length);
    joined.set(pending);
    joined.set(block, pending.length);
    pending = joined;
    while (pending.length > longest) {
      const cut = quietestPlace(pending, longest - searchSeconds * sampleRate, longest, Math.round(windowSeconds * sampleRate));
      yield { samples: pending.slice(0, cut), start };
      pending = pending.slice(cut);
      start += cut;
    }
  }
  if (start === 0 || pending.length >= leastSamples) yield { samples: pending, start };
}

/** The middle of the window with the least energy. */
function quietestPlace(samples: Float32Array, from: number, to: number, window: number): number {
  let best = from;
  let least = Infinity;
  for (let at = from; at + window <= to; at += window >> 1) {
    let energy = 0;
    for (let index = at; index < at + window; index++) energy += samples[index]! ** 2;
    if (energy < least) [best, least] = [at, energy];
  }
  return best + (window >> 1);
}
