import { linearAxis } from '../maths/interpolate.js';
import { largest } from '../maths/scores.js';
import type { Size } from '../preprocess/sizes.js';

/**
 * The class of every pixel of the picture: scores [classes, height, width], interpolated linearly to its size, and the largest taken.
 * Where all four neighbours have the same best class it is the best between them too, and nothing needs to be computed.
 * Source: `post_process_semantic_segmentation` of transformers.
 */
export function classMap(scores: Float32Array, classes: number, width: number, height: number, target: Size): Uint16Array {
  const plane = width * height;
  const best = bestClasses(scores, classes, plane);
  const [columns, rows] = [linearAxis(width, target.width), linearAxis(height, target.height)];
  const map = new Uint16Array(target.width * target.height);
  for (let y = 0; y < target.height; y++) {
    const [upper, lower, down] = [rows.left[y]! * width, rows.right[y]! * width, rows.share[y]!];
    for (let x = 0; x < target.width; x++) {
      const [left, right, across] = [columns.left[x]!, columns.right[x]!, columns.share[x]!];
      let index = best[upper + left]!;
      if (classes === 1 || best[upper + right] !== index || best[lower + left] !== index || best[lower + right] !== index) {
        let value = classes === 1 ? 0 : -Infinity; // of a single class, whatever is above an even chance
        index = classes === 1 ? 0 : index;
        for (let at = 0, base = 0; at < classes; at++, base += plane) {
          const above = scores[base + upper + left]! * (1 - across) + scores[base + upper + right]! * across;
          const below = scores[base + lower + left]! * (1 - across) + scores[base + lower + right]! * across;
          const score = above * (1 - down) + below * down;
          if (score > value) [index, value] = [classes === 1 ? 1 : at, score];
        }
      }
      map[y * target.width + x] = index;
    }
  }
  return map;
}

function bestClasses(scores: Float32Array, classes: number, plane: number): Uint16Array {
  const column = new Float32Array(classes);
  return Uint16Array.from({ length: plane }, (_, at) => {
    for (let index = 0; index < classes; index++) column[index] = scores[index * plane + at]!;
    return largest(column).index;
  });
}
