import type { PositionsOf } from '@llmi/runtime-transformers';
import type { PreparedPicture } from './prepared-picture.js';

/** Time, row and column. */
const axes = 3;

/**
 * Places of the tokens along three axes: words go on along all of them together, the positions of a picture lie in a grid behind the
 * last word, and what follows goes on after the largest of them. Source: `get_rope_index` of Qwen2-VL in transformers 4.57;
 * https://arxiv.org/abs/2409.12191, section 2.1
 */
export function ropePositions(prompt: readonly number[], imageToken: number, grids: readonly NonNullable<PreparedPicture['grid']>[], merge: number): PositionsOf {
  const places: number[][] = Array.from({ length: axes }, () => []);
  let next = 0;
  let picture = 0;
  for (let at = 0; at < prompt.length; ) {
    const grid = prompt[at] === imageToken ? grids[picture++] : undefined;
    if (!grid) {
      for (const axis of places) axis.push(next);
      next += 1;
      at += 1;
      continue;
    }
    const [frames, rows, columns] = [grid[0], grid[1] / merge, grid[2] / merge];
    for (let index = 0; index < frames * rows * columns; index++) {
      const place = [Math.floor(index / (rows * columns)), Math.floor(index / columns) % rows, index % columns];
      places.forEach((axis, which) => axis.push(next + place[which]!));
    }
    next += Math.max(frames, rows, columns);
    at += frames * rows * columns;
  }
  const shift = next - prompt.length;
  return (from, count) => places.map((axis) => Array.from({ length: count }, (_, index) => axis[from + index] ?? from + index + shift));
}
