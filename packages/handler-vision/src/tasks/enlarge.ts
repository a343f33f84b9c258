import { blankImage, cropImage, encodeImage, padImage, resizeImage, tensorToImage, type PixelImage } from '@llmi/media';
import { fromYcbcr, toYcbcr } from '../maths/ycbcr.js';
import { inputSize } from '../preprocess/choose-plan.js';
import type { PreprocessPlan } from '../preprocess/plan.js';
import { prepareImage } from '../preprocess/prepare-image.js';
import type { VisionGraph } from '../vision-graph.js';
import { base64 } from './base64.js';
import { chooseOutput } from './choose-output.js';
import type { PictureTask, TaskContext } from './vision-task.js';

/** Pixels at the border of a tile that are seen, but taken from its neighbour: networks are unsure at an edge. */
const border = 16;
/** Largest side of a tile where the graph takes any: what bounds the memory of a run. */
const largestTile = 512;

/** The picture with more pixels: Swin2SR, ESRGAN and the like, and graphs that enlarge brightness alone. Large pictures go in tiles. */
export function enlargeTask({ graph }: TaskContext): PictureTask {
  const output = chooseOutput(graph.session.outputs, ['reconstruction', 'output'], [4], 'picture');
  return {
    async process(picture, plan, signal) {
      const enlarged = await enlarge(graph, output, picture, plan, signal);
      const image = enlarged.channels === 1 ? inColours(enlarged, picture) : enlarged;
      return { type: 'image', image: base64(await encodeImage(image)), width: image.width, height: image.height };
    },
  };
}

async function enlarge(graph: VisionGraph, output: string, picture: PixelImage, plan: PreprocessPlan, signal?: AbortSignal): Promise<PixelImage> {
  const fixed = inputSize(graph.input);
  const [tileWidth, tileHeight] = [fixed.width || Math.min(picture.width, largestTile), fixed.height || Math.min(picture.height, largestTile)];
  let result: PixelImage | undefined;
  for (const row of spans(picture.height, tileHeight)) {
    for (const column of spans(picture.width, tileWidth)) {
      signal?.throwIfAborted();
      const tile = tileOf(picture, column.start, row.start, tileWidth, tileHeight);
      const [outputs] = await graph.run([prepareImage(tile, plan)], [output], {}, signal);
      const { data, shape } = outputs![output]!;
      const [channels, height, width] = shape as [1 | 3, number, number];
      const factor = Math.round(width / tileWidth); // what was filled up to a multiple is less than a tile
      const part = tensorToImage(data, width, height, channels);
      result ??= blankImage(picture.width * factor, picture.height * factor, channels);
      paste(result, part, column, row, factor);
    }
  }
  return result!;
}

/** Where a tile starts, and which of its pixels are taken: from `from` up to `to` of the picture. */
interface Span {
  start: number;
  from: number;
  to: number;
}

/** Tiles over one side, each taking up where the last one left off. */
export function spans(size: number, tile: number): Span[] {
  const result: Span[] = [];
  for (let from = 0; from < size; ) {
    const start = Math.max(0, Math.min(from === 0 ? 0 : from - border, size - tile));
    const end = start + tile;
    const to = end >= size ? size : end - border;
    result.push({ start, from, to });
    from = to;
  }
  return result;
}

/** A part of the picture; where that is smaller than a tile its mirror image goes on. */
function tileOf(picture: PixelImage, left: number, top: number, width: number, height: number): PixelImage {
  const part = cropImage(picture, { left, top, width: Math.min(width, picture.width), height: Math.min(height, picture.height) });
  if (part.width === width && part.height === height) return part;
  return padImage(part, { right: width - part.width, bottom: height - part.height, fill: 'mirror' });
}

function paste(result: PixelImage, part: PixelImage, column: Span, row: Span, factor: number): void {
  const { channels } = result;
  const [left, right] = [(column.from - column.start) * factor, (column.to - column.start) * factor];
  for (let y = row.from * factor; y < row.to * factor; y++) {
    const source = (y - row.start * factor) * part.width;
    result.data.set(part.data.subarray((source + left) * channels, (source + right) * channels), (y * result.width + column.from * factor) * channels);
  }
}

/** Enlarged brightness with the colours of the small picture, which the eye does not see as sharply. */
function inColours(brightness: PixelImage, picture: PixelImage): PixelImage {
  const colours = resizeImage(toYcbcr(picture), { width: brightness.width, height: brightness.height, filter: 'bicubic' });
  for (let pixel = 0; pixel < brightness.data.length; pixel++) colours.data[pixel * 3] = brightness.data[pixel]!;
  return fromYcbcr(colours);
}
