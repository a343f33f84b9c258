import type { Point } from './rectangle.js';

/** A picture of yes and no, row after row. */
export interface Bitmap {
  width: number;
  height: number;
  data: Uint8Array;
}

/** With each dot its neighbours below and to the right: a dilation by 2 x 2. */
export function thickened({ width, height, data }: Bitmap): Bitmap {
  const out = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const above = y > 0 ? data[at - width]! | (x > 0 ? data[at - width - 1]! : 0) : 0;
      out[at] = data[at]! | (x > 0 ? data[at - 1]! : 0) | above;
    }
  }
  return { width, height, data: out };
}

/**
 * The borders of every shape in a bitmap, as the outermost dots of their rows: of each group of dots that touch, corners included, and
 * of each hole in one. Their hulls are those of the borders that Suzuki and Abe (1985) follow.
 */
export function bordersOf(bitmap: Bitmap, most: number): Point[][] {
  const { width, height } = bitmap;
  const seen = new Uint8Array(width * height);
  const borders: Point[][] = [];
  for (let at = 0; at < seen.length && borders.length < most; at++) {
    if (seen[at]) continue;
    const isDot = bitmap.data[at] === 1;
    const { places, touchesEdge } = flood(bitmap, seen, at, isDot);
    if (isDot) borders.push(rowEnds(places, width));
    else if (!touchesEdge) borders.push(rowEnds(places.flatMap((place) => [place - 1, place + 1, place - width, place + width].filter((near) => bitmap.data[near] === 1)), width));
  }
  return borders;
}

/** The places of one value that hang together: dots by sides and corners, what is between them by sides. */
function flood({ width, height, data }: Bitmap, seen: Uint8Array, start: number, isDot: boolean): { places: number[]; touchesEdge: boolean } {
  const value = isDot ? 1 : 0;
  const places = [start];
  seen[start] = 1;
  let touchesEdge = false;
  for (let next = 0; next < places.length; next++) {
    const [x, y] = [places[next]! % width, Math.floor(places[next]! / width)];
    touchesEdge ||= x === 0 || y === 0 || x === width - 1 || y === height - 1;
    for (let down = -1; down <= 1; down++) {
      for (let right = -1; right <= 1; right++) {
        if (!isDot && down !== 0 && right !== 0) continue;
        const [nearX, nearY] = [x + right, y + down];
        if (nearX < 0 || nearY < 0 || nearX >= width || nearY >= height) continue;
        const near = nearY * width + nearX;
        if (seen[near] || data[near] !== value) continue;
        seen[near] = 1;
        places.push(near);
      }
    }
  }
  return { places, touchesEdge };
}

/** The first and the last place of each row. */
function rowEnds(places: readonly number[], width: number): Point[] {
  const rows = new Map<number, [number, number]>();
  for (const place of places) {
    const [x, y] = [place % width, Math.floor(place / width)];
    const row = rows.get(y);
    if (!row) rows.set(y, [x, x]);
    else [row[0], row[1]] = [Math.min(row[0], x), Math.max(row[1], x)];
  }
  return [...rows].flatMap(([y, [first, last]]): Point[] => (first === last ? [[first, y]] : [[first, y], [last, y]]));
}
