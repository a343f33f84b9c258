import type { Tensor } from '../components/tensor.js';

/** Share of a tile that lies over its neighbours. Source: AutoencoderKL of diffusers. */
const overlap = 0.25;

export interface Tiling {
  /** Side of a tile, in what goes in. */
  inputSide: number;
  /** Side of what comes out of it. */
  outputSide: number;
}

/**
 * A picture worked on in tiles that overlap, each blended into those above and left of it: the memory is that of one tile.
 *
 * Shapes: `input` [1, channels, height, width]; `work` is given tiles of it, at most `inputSide` high and wide.
 * Source: AutoencoderKL.tiled_decode and _tiled_encode of diffusers.
 */
export async function inTiles(input: Tensor, { inputSide, outputSide }: Tiling, work: (tile: Tensor) => Promise<Tensor>): Promise<Tensor> {
  const [, , height, width] = input.shape as [number, number, number, number];
  const stride = Math.trunc(inputSide * (1 - overlap));
  const blend = Math.trunc(outputSide * overlap);
  const kept = outputSide - blend;
  let above: Tensor[] = [];
  const strips: Tensor[] = [];
  for (let top = 0; top < height; top += stride) {
    const row: Tensor[] = [];
    const parts: Tensor[] = [];
    for (let left = 0; left < width; left += stride) {
      const tile = await work(cut(input, top, left, inputSide, inputSide));
      const upper = above[row.length];
      if (upper) blendDown(upper, tile, blend);
      const before = row.at(-1);
      if (before) blendAcross(before, tile, blend);
      row.push(tile);
      parts.push(cut(tile, 0, 0, kept, kept));
    }
    strips.push(joinAcross(parts));
    above = row;
  }
  return joinDown(strips);
}

/** Part of a picture; less where it ends before. */
function cut({ data, shape }: Tensor, top: number, left: number, rows: number, columns: number): Tensor {
  const [, channels, height, width] = shape as [number, number, number, number];
  const [partHeight, partWidth] = [Math.min(rows, height - top), Math.min(columns, width - left)];
  const part = new Float32Array(channels * partHeight * partWidth);
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < partHeight; y++) {
      const from = (channel * height + top + y) * width + left;
      part.set(data.subarray(from, from + partWidth), (channel * partHeight + y) * partWidth);
    }
  }
  return { data: part, shape: [1, channels, partHeight, partWidth] };
}

/** The upper rows of `tile` turn from those of the tile above into its own. */
function blendDown(upper: Tensor, tile: Tensor, extent: number): void {
  const [, channels, height, width] = tile.shape as [number, number, number, number];
  const upperHeight = upper.shape[2]!;
  const rows = Math.min(upperHeight, height, extent);
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < rows; y++) {
      const [at, from] = [(channel * height + y) * width, (channel * upperHeight + upperHeight - rows + y) * width];
      for (let x = 0; x < width; x++) tile.data[at + x] = upper.data[from + x]! * (1 - y / rows) + tile.data[at + x]! * (y / rows);
    }
  }
}

/** The left columns of `tile` turn from those of the tile before into its own. */
function blendAcross(before: Tensor, tile: Tensor, extent: number): void {
  const [, channels, height, width] = tile.shape as [number, number, number, number];
  const beforeWidth = before.shape[3]!;
  const columns = Math.min(beforeWidth, width, extent);
  for (let row = 0; row < channels * height; row++) {
    for (let x = 0; x < columns; x++) {
      const [at, from] = [row * width + x, row * beforeWidth + beforeWidth - columns + x];
      tile.data[at] = before.data[from]! * (1 - x / columns) + tile.data[at]! * (x / columns);
    }
  }
}

function joinAcross(parts: Tensor[]): Tensor {
  const [, channels, height] = parts[0]!.shape as [number, number, number, number];
  const width = parts.reduce((sum, { shape }) => sum + shape[3]!, 0);
  const data = new Float32Array(channels * height * width);
  let left = 0;
  for (const part of parts) {
    const columns = part.shape[3]!;
    for (let row = 0; row < channels * height; row++) data.set(part.data.subarray(row * columns, (row + 1) * columns), row * width + left);
    left += columns;
  }
  return { data, shape: [1, channels, height, width] };
}

function joinDown(strips: Tensor[]): Tensor {
  const [, channels, , width] = strips[0]!.shape as [number, number, number, number];
  const height = strips.reduce((sum, { shape }) => sum + shape[2]!, 0);
  const data = new Float32Array(channels * height * width);
  for (let channel = 0; channel < channels; channel++) {
    let top = 0;
    for (const strip of strips) {
      const size = strip.shape[2]! * width;
      data.set(strip.data.subarray(channel * size, (channel + 1) * size), (channel * height + top) * width);
      top += strip.shape[2]!;
    }
  }
  return { data, shape: [1, channels, height, width] };
}
