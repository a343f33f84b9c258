import { precisionBits, type Coefficients } from './coefficients.js';
import { resampleRgbRows } from './simd-rows.js';

/** A half, so that shifting right rounds. */
const half = 1 << (precisionBits - 1);

const clip = (value: number) => (value < 0 ? 0 : value > 255 ? 255 : value);

/** Pixels of a pass from which on the vector code is worth being set up. */
const manyPixels = 20_000;

/** Rows `firstRow` to `lastRow` of `data` [*, inWidth, channels], narrowed or widened to `outWidth`. */
export function resampleRows(data: Uint8Array, inWidth: number, channels: number, firstRow: number, lastRow: number, outWidth: number, coefficients: Coefficients): Uint8Array {
  if (channels === 3 && inWidth * (lastRow - firstRow) > manyPixels) return resampleRgbRows(data, inWidth, firstRow, lastRow, outWidth, coefficients);
  const out = new Uint8Array((lastRow - firstRow) * outWidth * channels);
  for (let row = firstRow; row < lastRow; row++) resampleRow(data, row * inWidth * channels, channels, out, (row - firstRow) * outWidth * channels, outWidth, coefficients);
  return out;
}

function resampleRow(data: Uint8Array, source: number, channels: number, out: Uint8Array, target: number, outWidth: number, { starts, counts, weights, window }: Coefficients): void {
  for (let x = 0; x < outWidth; x++) {
    for (let channel = 0; channel < channels; channel++) {
      let sum = half;
      let at = source + starts[x]! * channels + channel;
      for (let tap = 0; tap < counts[x]!; tap++, at += channels) sum = (sum + Math.imul(data[at]!, weights[x * window + tap]!)) | 0;
      out[target + x * channels + channel] = clip(sum >> precisionBits);
    }
  }
}

/** `data` [*, stride], whose first row is row `firstRow` of the picture, to `outHeight` rows. Whole rows are added up at a time. */
export function resampleColumns(data: Uint8Array, stride: number, firstRow: number, outHeight: number, { starts, counts, weights, window }: Coefficients): Uint8Array {
  const out = new Uint8Array(outHeight * stride);
  const sums = new Int32Array(stride);
  for (let y = 0; y < outHeight; y++) {
    sums.fill(half);
    const [first, taps] = [(starts[y]! - firstRow) * stride, counts[y]!];
    for (let tap = 0; tap < taps; tap += 4) addFourRows(sums, data, stride, first, tap, taps, weights, y * window);
    for (let x = 0; x < stride; x++) out[y * stride + x] = clip(sums[x]! >> precisionBits);
  }
  return out;
}

/** Adds four rows of one window at once, so that the sums are read and written a quarter as often. A row beyond the window weighs nothing. */
function addFourRows(sums: Int32Array, data: Uint8Array, stride: number, first: number, tap: number, taps: number, weights: Int32Array, weightsAt: number): void {
  const row = (index: number) => first + Math.min(tap + index, taps - 1) * stride;
  const weight = (index: number) => (tap + index < taps ? weights[weightsAt + tap + index]! : 0);
  const [row0, row1, row2, row3] = [row(0), row(1), row(2), row(3)];
  const [weight0, weight1, weight2, weight3] = [weight(0), weight(1), weight(2), weight(3)];
  for (let x = 0; x < stride; x++) {
    const upper = Math.imul(data[row0 + x]!, weight0) + Math.imul(data[row1 + x]!, weight1);
    sums[x] = sums[x]! + upper + Math.imul(data[row2 + x]!, weight2) + Math.imul(data[row3 + x]!, weight3);
  }
}
