/** Seconds: pieces that are laid over each other, and how far a piece may be moved to fit. */
const [pieceSeconds, searchSeconds] = [0.03, 0.008];

/**
 * Speech faster or slower at the same pitch: pieces are taken at another pace than they are put down, each moved to where it fits the
 * one before best.
 * Source: Verhelst and Roelands 1993, "An overlap-add technique based on waveform similarity (WSOLA)"
 */
export function changeSpeed(samples: Float32Array, sampleRate: number, speed: number): Float32Array {
  const hop = Math.round((pieceSeconds * sampleRate) / 2);
  const search = Math.round(searchSeconds * sampleRate);
  if (speed === 1 || samples.length < 4 * hop) return samples;
  const output = new Float32Array(Math.round(samples.length / speed));
  const window = Float32Array.from({ length: 2 * hop }, (_, index) => 0.5 - 0.5 * Math.cos((Math.PI * index) / hop)); // two of them, a hop apart, add up to one
  let taken = 0;
  for (let at = 0; at < output.length; at += hop) {
    const wanted = Math.round(at * speed);
    taken = at === 0 ? 0 : bestPlace(samples, taken + hop, wanted, hop, search);
    for (let index = 0; index < 2 * hop && at + index < output.length; index++) {
      const weight = at === 0 && index < hop ? 1 : window[index]!;
      output[at + index]! += weight * (samples[taken + index] ?? 0);
    }
  }
  return output;
}

/** Near `wanted`, where the sound is most like that at `natural`, which would go on without a seam. */
function bestPlace(samples: Float32Array, natural: number, wanted: number, hop: number, search: number): number {
  let best = wanted;
  let highest = -Infinity;
  for (let place = Math.max(0, wanted - search); place <= wanted + search; place++) {
    let likeness = 0;
    for (let index = 0; index < hop; index += 2) likeness += (samples[place + index] ?? 0) * (samples[natural + index] ?? 0);
    if (likeness > highest) [best, highest] = [place, likeness];
  }
  return best;
}
