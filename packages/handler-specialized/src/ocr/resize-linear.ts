import { blankImage, type PixelImage } from '@llmi/media';

/** One axis: for each place of the result its two neighbours, and their weights in 2048ths. */
interface Axis {
  first: Int32Array;
  second: Int32Array;
  firstWeight: Int32Array;
  secondWeight: Int32Array;
}

const one = 2048;

/**
 * Between the two nearest pixels, however much smaller the result, with weights of 11 bits: as `cv2.resize` does it by default.
 * Source: OpenCV 4 (`resize.cpp`, `INTER_LINEAR` of bytes)
 */
export function resizeLinear(picture: PixelImage, width: number, height: number): PixelImage {
  if (width === picture.width && height === picture.height) return picture;
  const { channels } = picture;
  const [columns, rows] = [makeAxis(picture.width, width), makeAxis(picture.height, height)];
  const resized = blankImage(width, height, channels);
  const stretched = new Map<number, Int32Array>(); // the rows that the next ones lie between
  const rowOf = (index: number) => {
    const known = stretched.get(index);
    if (known) return known;
    const row = stretchRow(picture, index, columns, width);
    stretched.set(index, row);
    return row;
  };
  for (let y = 0, at = 0; y < height; y++) {
    const [upper, lower] = [rowOf(rows.first[y]!), rowOf(rows.second[y]!)];
    const [upperWeight, lowerWeight] = [rows.firstWeight[y]!, rows.secondWeight[y]!];
    for (let x = 0; x < upper.length; x++) resized.data[at++] = (((upperWeight * (upper[x]! >> 4)) >> 16) + ((lowerWeight * (lower[x]! >> 4)) >> 16) + 2) >> 2;
    for (const index of stretched.keys()) if (index < rows.first[y]!) stretched.delete(index);
  }
  return resized;
}

function stretchRow({ width: from, channels, data }: PixelImage, y: number, { first, second, firstWeight, secondWeight }: Axis, width: number): Int32Array {
  const row = new Int32Array(width * channels);
  for (let x = 0, at = 0; x < width; x++) {
    const [left, right] = [(y * from + first[x]!) * channels, (y * from + second[x]!) * channels];
    for (let channel = 0; channel < channels; channel++) row[at++] = data[left + channel]! * firstWeight[x]! + data[right + channel]! * secondWeight[x]!;
  }
  return row;
}

function makeAxis(from: number, to: number): Axis {
  const axis: Axis = { first: new Int32Array(to), second: new Int32Array(to), firstWeight: new Int32Array(to), secondWeight: new Int32Array(to) };
  for (let out = 0; out < to; out++) {
    const place = Math.fround((out + 0.5) * (from / to) - 0.5);
    const first = Math.floor(place);
    const share = first < 0 || first >= from - 1 ? 0 : Math.fround(place - first);
    axis.first[out] = Math.min(from - 1, Math.max(0, first));
    axis.second[out] = Math.min(from - 1, axis.first[out]! + 1);
    axis.firstWeight[out] = Math.round((1 - share) * one);
    axis.secondWeight[out] = Math.round(share * one);
  }
  return axis;
}
