import { describe, expect, it } from 'vitest';
import { interpolateLinear } from '../maths/interpolate.js';
import { classMap } from './class-map.js';
import { spans } from './enlarge.js';

describe('classMap', () => {
  it('is the class whose interpolated score is largest', () => {
    const [classes, width, height, target] = [5, 6, 4, { width: 31, height: 17 }];
    const scores = Float32Array.from({ length: classes * width * height }, (_, index) => Math.sin(index * 12.9898) * 3);
    const planes = Array.from({ length: classes }, (_, index) => interpolateLinear(scores.subarray(index * 24, (index + 1) * 24), width, height, target.width, target.height));
    const expected = Array.from({ length: 31 * 17 }, (_, at) => planes.reduce((best, plane, index) => (plane[at]! > planes[best]![at]! ? index : best), 0));
    const map = classMap(scores, classes, width, height, target);
    expect([...map].filter((index, at) => index !== expected[at]).length).toBeLessThanOrEqual(1); // of two equal ones either
  });

  it('tells inside from outside where there is a single class', () => {
    expect([...classMap(Float32Array.of(-1, 3), 1, 2, 1, { width: 4, height: 1 })]).toEqual([0, 0, 1, 1]);
  });
});

describe('spans', () => {
  it('covers a side once, each tile inside it', () => {
    for (const size of [1, 100, 224, 225, 300, 999, 4000]) {
      const tiles = spans(size, 224);
      expect(tiles[0]!.from).toBe(0);
      expect(tiles.at(-1)!.to).toBe(size);
      tiles.slice(1).forEach(({ from }, index) => expect(from).toBe(tiles[index]!.to));
      for (const { start, from, to } of tiles) {
        expect(start).toBeGreaterThanOrEqual(0);
        expect(to - from).toBeGreaterThan(0);
        expect([from >= start, to <= start + 224, start === 0 || start + 224 <= size]).toEqual([true, true, true]);
      }
    }
  });
});
