/** One axis of a linear interpolation: for each place of the result the two neighbours and the weight of the second. */
interface LinearAxis {
  left: Int32Array;
  right: Int32Array;
  share: Float32Array;
}

/** Places of pixel centres, `align_corners=False`: half a pixel in from the edge, held at the edge. */
export function linearAxis(inSize: number, outSize: number): LinearAxis {
  const axis = { left: new Int32Array(outSize), right: new Int32Array(outSize), share: new Float32Array(outSize) };
  for (let out = 0; out < outSize; out++) {
    const position = Math.max(0, ((out + 0.5) * inSize) / outSize - 0.5);
    const left = Math.min(inSize - 1, Math.floor(position));
    axis.left[out] = left;
    axis.right[out] = Math.min(inSize - 1, left + 1);
    axis.share[out] = position - left;
  }
  return axis;
}

/** A plane [height, width] in another size. Source: `interpolate(mode="bilinear", align_corners=False)` of torch. */
export function interpolateLinear(plane: Float32Array, width: number, height: number, outWidth: number, outHeight: number): Float32Array {
  if (width === outWidth && height === outHeight) return plane.slice();
  const [columns, rows] = [linearAxis(width, outWidth), linearAxis(height, outHeight)];
  const out = new Float32Array(outWidth * outHeight);
  for (let y = 0; y < outHeight; y++) {
    const [upper, lower, down] = [rows.left[y]! * width, rows.right[y]! * width, rows.share[y]!];
    for (let x = 0; x < outWidth; x++) {
      const [left, right, across] = [columns.left[x]!, columns.right[x]!, columns.share[x]!];
      const above = plane[upper + left]! * (1 - across) + plane[upper + right]! * across;
      const below = plane[lower + left]! * (1 - across) + plane[lower + right]! * across;
      out[y * outWidth + x] = above * (1 - down) + below * down;
    }
  }
  return out;
}

/** Slope of torch's bicubic kernel at 1. */
const slope = -0.75;

function cubicWeights(fraction: number): [number, number, number, number] {
  const near = (x: number) => ((slope + 2) * x - (slope + 3)) * x * x + 1;
  const far = (x: number) => ((slope * x - 5 * slope) * x + 8 * slope) * x - 4 * slope;
  return [far(fraction + 1), near(fraction), near(1 - fraction), far(2 - fraction)];
}

/** A plane [height, width] in another size. Source: `interpolate(mode="bicubic", align_corners=False)` of torch. */
export function interpolateCubic(plane: Float32Array, width: number, height: number, outWidth: number, outHeight: number): Float32Array {
  if (width === outWidth && height === outHeight) return plane.slice();
  const narrowed = cubicRows(plane, width, height, outWidth);
  return transpose(cubicRows(transpose(narrowed, outWidth, height), height, outWidth, outHeight), outHeight, outWidth);
}

function cubicRows(plane: Float32Array, width: number, height: number, outWidth: number): Float32Array {
  const out = new Float32Array(outWidth * height);
  for (let x = 0; x < outWidth; x++) {
    const position = ((x + 0.5) * width) / outWidth - 0.5;
    const first = Math.floor(position);
    const weights = cubicWeights(position - first);
    const places = weights.map((_, tap) => Math.min(width - 1, Math.max(0, first - 1 + tap)));
    for (let y = 0; y < height; y++) {
      let sum = 0;
      for (let tap = 0; tap < 4; tap++) sum += plane[y * width + places[tap]!]! * weights[tap]!;
      out[y * outWidth + x] = sum;
    }
  }
  return out;
}

function transpose(plane: Float32Array, width: number, height: number): Float32Array {
  const out = new Float32Array(plane.length);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) out[x * height + y] = plane[y * width + x]!;
  return out;
}
