export type Point = readonly [x: number, y: number];
/** Four corners, clockwise on the screen from the one at the upper left. */
export type Corners = readonly [Point, Point, Point, Point];

export interface Rectangle {
  corners: Corners;
  /** Length of the shorter side. */
  shortSide: number;
}

/** The corners of the convex hull of some points, by Andrew's monotone chain (1979). */
export function convexHull(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((left, right) => left[0] - right[0] || left[1] - right[1]);
  if (sorted.length < 3) return sorted;
  const chain = (ordered: readonly Point[]) => {
    const half: Point[] = [];
    for (const point of ordered) {
      while (half.length > 1 && turn(half.at(-2)!, half.at(-1)!, point) <= 0) half.pop();
      half.push(point);
    }
    return half.slice(0, -1);
  };
  return [...chain(sorted), ...chain([...sorted].reverse())];
}

/** Positive where the way from `from` over `by` to `to` turns to the right on the screen. */
function turn(from: Point, by: Point, to: Point): number {
  return (by[0] - from[0]) * (to[1] - from[1]) - (by[1] - from[1]) * (to[0] - from[0]);
}

/** The rectangle of least area around some points: one of its sides lies on a side of their hull (Freeman and Shapira 1975). */
export function leastRectangle(points: readonly Point[]): Rectangle {
  const hull = convexHull(points);
  let best: Rectangle | undefined;
  let leastArea = Infinity;
  for (const [index, from] of hull.entries()) {
    const to = hull[(index + 1) % hull.length]!;
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
    const along: Point = length === 0 ? [1, 0] : [(to[0] - from[0]) / length, (to[1] - from[1]) / length];
    const found = rectangleAlong(hull, along);
    if (found.area >= leastArea) continue;
    leastArea = found.area;
    best = found;
  }
  return best!;
}

function rectangleAlong(hull: readonly Point[], [alongX, alongY]: Point): Rectangle & { area: number } {
  let [first, last, near, far] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const [x, y] of hull) {
    const [along, across] = [x * alongX + y * alongY, y * alongX - x * alongY];
    [first, last, near, far] = [Math.min(first, along), Math.max(last, along), Math.min(near, across), Math.max(far, across)];
  }
  const at = (along: number, across: number): Point => [along * alongX - across * alongY, along * alongY + across * alongX];
  return { corners: clockwise([at(first, near), at(last, near), at(last, far), at(first, far)]), shortSide: Math.min(last - first, far - near), area: (last - first) * (far - near) };
}

/** From the upper left: of the two corners on the left the upper one, of the two on the right the upper one, and so on. */
function clockwise(corners: Point[]): Corners {
  const [leftA, leftB, rightA, rightB] = corners.sort((one, other) => one[0] - other[0]) as [Point, Point, Point, Point];
  const [upperLeft, lowerLeft] = leftB[1] > leftA[1] ? [leftA, leftB] : [leftB, leftA];
  const [upperRight, lowerRight] = rightB[1] > rightA[1] ? [rightA, rightB] : [rightB, rightA];
  return [upperLeft, upperRight, lowerRight, lowerLeft];
}

/** How far off the round corners of a grown outline may be from a circle, in pixels: Clipper's default. */
const arcTolerance = 0.25;

/**
 * A convex outline, at whole pixels, grown by `distance` on all sides with round corners: what text detectors are trained to be undone by
 * ("unclip", Vatti's clipping). Source: Clipper 6.4 (`ClipperOffset`, `jtRound`) by Angus Johnson
 */
export function grownOutline(corners: Corners, distance: number): Point[] {
  const whole = corners.map(([x, y]): Point => [Math.trunc(x), Math.trunc(y)]).filter((point, index, all) => index === 0 || point[0] !== all[index - 1]![0] || point[1] !== all[index - 1]![1]);
  const normals = whole.map((from, index): Point => {
    const to = whole[(index + 1) % whole.length]!;
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]) || 1;
    return [(to[1] - from[1]) / length, (from[0] - to[0]) / length]; // outwards, of an outline that goes clockwise on the screen
  });
  const stepsPerTurn = Math.min(Math.PI / Math.acos(1 - Math.min(arcTolerance, distance * arcTolerance) / distance), distance * Math.PI);
  return whole.flatMap(([x, y], index) => {
    const [before, after] = [normals.at(index - 1)!, normals[index]!];
    const angle = Math.atan2(before[0] * after[1] - before[1] * after[0], before[0] * after[0] + before[1] * after[1]);
    const steps = Math.max(1, Math.round((stepsPerTurn / (2 * Math.PI)) * Math.abs(angle)));
    const step = Math.sign(angle) * ((2 * Math.PI) / stepsPerTurn);
    const directions = Array.from({ length: steps }, (_, turns): Point => rotated(before, turns * step));
    return [...directions, after].map(([dx, dy]): Point => [Math.round(x + dx * distance), Math.round(y + dy * distance)]);
  });
}

function rotated([x, y]: Point, angle: number): Point {
  return [x * Math.cos(angle) - y * Math.sin(angle), x * Math.sin(angle) + y * Math.cos(angle)];
}

/** Area divided by perimeter, the measure that outlines are grown by. */
export function areaPerLength(corners: Corners): number {
  let [twice, length] = [0, 0];
  for (const [index, [x, y]] of corners.entries()) {
    const [nextX, nextY] = corners[(index + 1) % corners.length]!;
    twice += x * nextY - nextX * y;
    length += Math.hypot(nextX - x, nextY - y);
  }
  return length === 0 ? 0 : Math.abs(twice) / 2 / length;
}
