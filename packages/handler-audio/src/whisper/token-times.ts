import type { AttentionRows } from './attention-rows.js';

/**
 * When each token ends, in seconds from the beginning of its window, told by what the decoder looked at: the cheapest monotonic path
 * through tokens and time (dynamic time warping).
 *
 * `frames`: positions of the encoder that hold sound. The last token, for which there is no attention, ends with the one before.
 * Source: `_extract_token_timestamps` of transformers 4.57
 */
export function tokenTimes({ rows }: AttentionRows, { tokens, frames, filterWidth, timePrecision }: { tokens: number; frames: number; filterWidth: number; timePrecision: number }): number[] {
  const count = rows[0]?.length ?? 0;
  const width = Math.min(frames, rows[0]?.[0]?.length ?? 0);
  if (count === 0 || width === 0) return new Array<number>(tokens).fill(0);
  const mean = new Float64Array(count * width); // [token, position], over the heads
  for (const head of rows) addSmoothed(head, width, filterWidth, mean);
  for (let at = 0; at < mean.length; at++) mean[at]! /= -rows.length; // the path takes what costs least
  const times = pathJumps(mean, count, width).map((position) => position * timePrecision);
  return Array.from({ length: tokens }, (_, token) => times[Math.min(token, times.length - 1)]!);
}

/** Adds one head: each position normalized over the tokens, then the median of its neighbours in time. */
function addSmoothed(head: Float32Array[], width: number, filterWidth: number, sum: Float64Array): void {
  const normalized = head.map(() => new Float64Array(width));
  for (let position = 0; position < width; position++) {
    const mean = head.reduce((total, row) => total + row[position]!, 0) / head.length;
    const deviation = Math.sqrt(head.reduce((total, row) => total + (row[position]! - mean) ** 2, 0) / head.length) || 1;
    head.forEach((row, token) => (normalized[token]![position] = (row[position]! - mean) / deviation));
  }
  const margin = Math.floor(filterWidth / 2);
  for (const [token, row] of normalized.entries()) {
    for (let position = 0; position < width; position++) sum[token * width + position]! += width > margin ? medianAround(row, position, margin) : row[position]!;
  }
}

/** The row goes on mirrored beyond its ends. */
function medianAround(row: Float64Array, position: number, margin: number): number {
  const values: number[] = [];
  for (let offset = -margin; offset <= margin; offset++) {
    const at = Math.abs(position + offset);
    values.push(row[at < row.length ? at : 2 * (row.length - 1) - at]!);
  }
  return values.sort((left, right) => left - right)[margin]!;
}

const [diagonal, down, along] = [0, 1, 2];

/** The position where the path enters each token's row. */
function pathJumps(cost: Float64Array, rows: number, columns: number): number[] {
  const total = new Float32Array((rows + 1) * (columns + 1)).fill(Infinity);
  const trace = new Uint8Array((rows + 1) * (columns + 1));
  const at = (row: number, column: number) => row * (columns + 1) + column;
  total[0] = 0;
  for (let column = 1; column <= columns; column++) {
    for (let row = 1; row <= rows; row++) {
      const [fromDiagonal, fromAbove, fromLeft] = [total[at(row - 1, column - 1)]!, total[at(row - 1, column)]!, total[at(row, column - 1)]!];
      const step = fromDiagonal < fromAbove && fromDiagonal < fromLeft ? diagonal : fromAbove < fromDiagonal && fromAbove < fromLeft ? down : along;
      const before = step === diagonal ? fromDiagonal : step === down ? fromAbove : fromLeft;
      total[at(row, column)] = cost[(row - 1) * columns + column - 1]! + before;
      trace[at(row, column)] = step;
    }
  }
  const entered = new Array<number>(rows).fill(0);
  for (let row = rows, column = columns; row > 0 && column > 0; ) {
    entered[row - 1] = column - 1;
    const step = trace[at(row, column)];
    if (step !== along) row--;
    if (step !== down) column--;
  }
  return entered;
}
