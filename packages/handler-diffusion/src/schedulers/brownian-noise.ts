import { weightedSum } from './maths/weighted-sum.js';
import type { NoiseSource } from './scheduler.js';

interface Point {
  sigma: number;
  value: Float32Array;
}

/**
 * Noise of one Brownian path over sigma, for schedulers that draw for stretches which overlap: `noise(from, to)` is the path's change
 * between two sigmas, divided by the root of their distance. The path is drawn where it is asked for, each new point given those beside it.
 *
 * A source is for one run, going down in sigma: points above the start of a stretch are forgotten.
 * Source: Lévy 1948, the Brownian bridge; as the noise of k-diffusion's sample_dpmpp_sde.
 */
export function brownianNoise(draw: () => Float32Array): NoiseSource {
  /** Known points, the largest sigma first. */
  let points: Point[] = [];

  function at(sigma: number): Float32Array {
    const index = points.findIndex((point) => point.sigma <= sigma);
    const [above, below] = index === -1 ? [points[points.length - 1], undefined] : [points[index - 1], points[index]!];
    if (below?.sigma === sigma) return below.value;
    const value = between(sigma, above, below);
    points.splice(index === -1 ? points.length : index, 0, { sigma, value });
    return value;
  }

  function between(sigma: number, above: Point | undefined, below: Point | undefined): Float32Array {
    if (!above || !below) {
      const edge = (above ?? below)!;
      return weightedSum([1, edge.value], [Math.sqrt(Math.abs(edge.sigma - sigma)), draw()]);
    }
    const share = (above.sigma - sigma) / (above.sigma - below.sigma);
    return weightedSum([1 - share, above.value], [share, below.value], [Math.sqrt(share * (sigma - below.sigma)), draw()]);
  }

  return (from = 1, to = 0) => {
    points = points.filter((point) => point.sigma <= from);
    if (points.length === 0) {
      const fresh = draw();
      points = [{ sigma: from, value: new Float32Array(fresh.length) }];
      points.push({ sigma: to, value: weightedSum([Math.sqrt(from - to), fresh]) });
      return fresh;
    }
    const [start, end] = [at(from), at(to)];
    const scale = 1 / Math.sqrt(from - to);
    return weightedSum([scale, end], [-scale, start]);
  };
}
