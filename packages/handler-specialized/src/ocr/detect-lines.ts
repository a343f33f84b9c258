import { imageToTensor, type PixelImage } from '@llmi/media';
import { toFloat32, type OnnxSession } from '@llmi/runtime-onnx';
import { floatTensor } from '@llmi/runtime-transformers';
import type { DetectionPlan } from './ocr-plan.js';
import { wholeSide } from './page.js';
import { areaPerLength, grownOutline, leastRectangle, type Corners, type Point, type Rectangle } from './rectangle.js';
import { resizeLinear } from './resize-linear.js';
import { bordersOf, thickened } from './shapes.js';

/** Shorter sides of what is dropped, in pixels of the map, before and after it grows. */
const leastSide = 3;
const leastGrownSide = 5;
/** Sides of what is dropped, in pixels of the page. */
const leastPageSide = 3;
/** Lines that begin this near to one height are one row of the page. */
const rowHeight = 10;

/** How likely each place of a page is text. */
interface TextMap {
  width: number;
  height: number;
  data: Float32Array;
}

/** The corners of the lines of text on a page, in reading order. Source: `DBPostProcess` of PaddleOCR; Liao et al. 2020, Real-time Scene Text Detection with Differentiable Binarization */
export async function detectLines(page: PixelImage, session: OnnxSession, plan: DetectionPlan, signal?: AbortSignal): Promise<Corners[]> {
  const sized = resizeLinear(page, ...sidesFor(page, plan));
  const input = session.inputs[0]!;
  const data = imageToTensor(sized, { mean: plan.mean, std: plan.std, bgr: true });
  const results = await session.run({ [input.name]: floatTensor({ dtype: 'float32', shape: [1, 3, sized.height, sized.width], data }, input.dtype) }, { signal });
  const output = results[session.outputs[0]!.name]!;
  const [height, width] = output.shape.slice(-2) as [number, number];
  const map = { width, height, data: toFloat32(output).subarray(0, width * height) };
  return inReadingOrder(linesOf(map, plan).flatMap((corners) => onPage(corners, map, page) ?? []));
}

function sidesFor({ width, height }: PixelImage, { side, sideLength }: DetectionPlan): [number, number] {
  const [short, long] = [Math.min(width, height), Math.max(width, height)];
  const ratio = side === 'long' ? sideLength / long : side === 'min' ? Math.max(1, sideLength / short) : Math.min(1, sideLength / long);
  return [wholeSide(Math.trunc(width * ratio)), wholeSide(Math.trunc(height * ratio))];
}

/** Rectangles around what is text, in pixels of the map: found a little small, as detectors are trained, and grown to the letters. */
function linesOf(map: TextMap, plan: DetectionPlan): Corners[] {
  const marked = { width: map.width, height: map.height, data: Uint8Array.from(map.data, (value) => (value > plan.threshold ? 1 : 0)) };
  return bordersOf(plan.thickens ? thickened(marked) : marked, plan.mostBoxes).flatMap((border) => {
    const found = leastRectangle(border);
    if (found.shortSide < leastSide || meanInside(map, found) < plan.boxThreshold) return [];
    const distance = areaPerLength(found.corners) * plan.growth;
    const grown = leastRectangle(grownOutline(found.corners, distance));
    return grown.shortSide < leastGrownSide ? [] : [grown.corners];
  });
}

/** The mean of the map in a rectangle, its edges included. */
function meanInside({ width, height, data }: TextMap, { corners }: Rectangle): number {
  const points = corners.map(([x, y]): Point => [Math.trunc(x), Math.trunc(y)]);
  let [sum, count] = [0, 0];
  const rows = points.map(([, y]) => y);
  for (let y = Math.max(0, Math.min(...rows)); y <= Math.min(height - 1, Math.max(...rows)); y++) {
    const crossings = points.flatMap((from, index) => crossing(from, points[(index + 1) % points.length]!, y));
    const [first, last] = [Math.max(0, Math.round(Math.min(...crossings))), Math.min(width - 1, Math.round(Math.max(...crossings)))];
    for (let x = first; x <= last; x++) sum += data[y * width + x]!;
    count += Math.max(0, last - first + 1);
  }
  return count === 0 ? 0 : sum / count;
}

/** Where a side of an outline crosses a row; both ends of a side that lies on it. */
function crossing([fromX, fromY]: Point, [toX, toY]: Point, y: number): number[] {
  if (y < Math.min(fromY, toY) || y > Math.max(fromY, toY)) return [];
  return fromY === toY ? [fromX, toX] : [fromX + ((y - fromY) * (toX - fromX)) / (toY - fromY)];
}

/** In whole pixels of the page and inside it; nothing for what is too small to read. */
function onPage(corners: Corners, map: TextMap, { width, height }: PixelImage): [Corners] | undefined {
  const place = (value: number, from: number, to: number) => Math.min(to - 1, Math.max(0, Math.round((value / from) * to)));
  const placed = corners.map(([x, y]): Point => [place(x, map.width, width), place(y, map.height, height)]) as unknown as Corners;
  const [upperLeft, upperRight, , lowerLeft] = placed;
  const length = (from: Point, to: Point) => Math.trunc(Math.hypot(to[0] - from[0], to[1] - from[1]));
  return length(upperLeft, upperRight) <= leastPageSide || length(upperLeft, lowerLeft) <= leastPageSide ? undefined : [placed];
}

/** From top to bottom, and along each row from left to right. */
function inReadingOrder(lines: Corners[]): Corners[] {
  const byHeight = lines.sort(([left], [right]) => left[1] - right[1]);
  const rows: Corners[][] = [];
  for (const [index, line] of byHeight.entries()) {
    if (index > 0 && line[0][1] - byHeight[index - 1]![0][1] < rowHeight) rows.at(-1)!.push(line);
    else rows.push([line]);
  }
  return rows.flatMap((row) => row.sort(([left], [right]) => left[0] - right[0]));
}
