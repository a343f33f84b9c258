import { precisionBits, type Coefficients } from './coefficients.js';

/*
 * The pass along rows for RGB in WebAssembly, three channels of four pixels at a time: it is where a photograph's resize spends its time.
 * A weight of 22 bits is split into an upper and a lower part of 11, since there is a product of pairs of 16-bit numbers that adds them up
 * at once; both sums are exact, so the result is too.
 */
const lowBits = 11;
const lowMask = (1 << lowBits) - 1;
const tapsAtOnce = 4;
const groupBytes = 16; // of four weights: upper parts of two, upper parts of two, lower parts of two, lower parts of two
const headBytes = 8; // of one pixel's entry: where its source starts, and the bytes of its weights
const pageBytes = 65_536;
/** Beyond the end of a row: a group reads 16 bytes, and weights are filled up with zeros to whole groups. */
const slackBytes = 64;

/** Encodings of https://webassembly.github.io/spec/core/binary/instructions.html */
const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];
const tee = (local: number) => [0x22, local];
const constant = (value: number) => [0x41, ...signedLeb(value)];
const addI32 = [0x6a];
const loadI32 = (offset: number) => [0x28, 0, offset];
const againWhileBelow = [0x49, 0x0d, 0, 0x0b]; // unsigned comparison, branch to the start of the loop, its end
const loop = [0x03, 0x40];
const simd = (...code: number[]) => [0xfd, ...code];
const loadVector = simd(0x00, 0, 0);
const loadSplat = (offset: number) => simd(0x09, 0, offset);
const constantVector = (...bytes: number[]) => simd(0x0c, ...bytes);
const swizzle = simd(0x0e);
const splat = simd(0x11);
const addVectors = simd(0xae, 0x01);
const dotPairs = simd(0xba, 0x01);
const shiftLeft = simd(0xab, 0x01);
const shiftRight = simd(0xac, 0x01);
const narrowToI16 = simd(0x85, 0x01);
const narrowToBytes = simd(0x66);
const storeFirst4 = simd(0x5a, 0, 0, 0);

// Parameters and locals of the function
const [table, out, outEnd, row, source, weightsEnd, high, low, pixels, pair, zero] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10] as const;
const z = 255; // a lane that there is not: becomes zero

function functionCode(): number[] {
  const accumulate = (sum: number, weightsAt: number) => [...get(sum), ...get(pair), ...get(table), ...loadSplat(weightsAt), ...dotPairs, ...addVectors, ...set(sum)];
  const pairFrom = (first: number) => [
    ...get(pixels),
    ...constantVector(first, z, first + 3, z, first + 1, z, first + 4, z, first + 2, z, first + 5, z, z, z, z, z), // red, red, green, green, blue, blue in 16 bits
    ...[...swizzle, ...set(pair)],
  ];
  const taps = [
    ...[...loop, ...get(source), ...loadVector, ...set(pixels)],
    ...[...pairFrom(0), ...accumulate(high, 0), ...accumulate(low, 8)],
    ...[...pairFrom(6), ...accumulate(high, 4), ...accumulate(low, 12)],
    ...[...get(source), ...constant(3 * tapsAtOnce), ...addI32, ...set(source)],
    ...[...get(table), ...constant(groupBytes), ...addI32, ...tee(table), ...get(weightsEnd), ...againWhileBelow],
  ];
  return [
    ...loop,
    ...[...get(row), ...get(table), ...loadI32(0), ...addI32, ...set(source)],
    ...[...get(table), ...loadI32(4), ...get(table), ...constant(headBytes), ...addI32, ...tee(table), ...addI32, ...set(weightsEnd)],
    ...[...get(zero), ...set(high), ...constant(1 << (precisionBits - 1)), ...splat, ...set(low)],
    ...taps,
    ...[...get(out), ...get(high), ...constant(lowBits), ...shiftLeft, ...get(low), ...addVectors, ...constant(precisionBits), ...shiftRight],
    ...[...get(zero), ...narrowToI16, ...get(zero), ...narrowToBytes, ...storeFirst4],
    ...[...get(out), ...constant(3), ...addI32, ...tee(out), ...get(outEnd), ...againWhileBelow],
    0x0b,
  ];
}

function signedLeb(value: number): number[] {
  const low7 = value & 0x7f;
  const rest = value >> 7;
  return (rest === 0 && low7 < 0x40) || (rest === -1 && low7 >= 0x40) ? [low7] : [low7 | 0x80, ...signedLeb(rest)];
}

const leb = (value: number): number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)]);
const section = (id: number, content: number[]) => [id, ...leb(content.length), ...content];

function moduleBytes(): Uint8Array<ArrayBuffer> {
  const [i32, v128] = [0x7f, 0x7b];
  const code = [2, 2, i32, 5, v128, ...functionCode()]; // two and five locals beyond the parameters
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 4, i32, i32, i32, i32, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0x00, 1]), // one page to begin with
    ...section(7, [2, 1, 0x6d, 2, 0, 1, 0x66, 0, 0]), // "m" the memory, "f" the function
    ...section(10, [1, ...leb(code.length), ...code]),
  ]);
}

interface Compiled {
  m: WebAssembly.Memory;
  f(table: number, out: number, outEnd: number, row: number): void;
}
/** One for all calls: they do not wait within, so they cannot meet. Its memory is that of the widest row so far. */
let compiled: Compiled | undefined;

function compile(): Compiled {
  return new WebAssembly.Instance(new WebAssembly.Module(moduleBytes())).exports as unknown as Compiled;
}

/** For each pixel of the result where its source starts and its weights, as the function walks through them. */
function makeTable(outWidth: number, { starts, counts, weights, window }: Coefficients): Uint8Array {
  const groups = Array.from(counts, (count) => Math.ceil(count / tapsAtOnce));
  const bytes = new Uint8Array(groups.reduce((sum, count) => sum + headBytes + count * groupBytes, 0));
  const view = new DataView(bytes.buffer);
  for (let x = 0, at = 0; x < outWidth; x++) {
    view.setInt32(at, starts[x]! * 3, true);
    view.setInt32(at + 4, groups[x]! * groupBytes, true);
    at += headBytes;
    for (let tap = 0; tap < counts[x]!; tap++) {
      const weight = weights[x * window + tap]!;
      const place = at + Math.floor(tap / tapsAtOnce) * groupBytes + (tap % tapsAtOnce) * 2;
      view.setInt16(place, weight >> lowBits, true);
      view.setInt16(place + 8, weight & lowMask, true);
    }
    at += groups[x]! * groupBytes;
  }
  return bytes;
}

/** Rows `firstRow` to `lastRow` of RGB `data` [*, inWidth, 3] at `outWidth`, with the same bytes as the pass in JavaScript. */
export function resampleRgbRows(data: Uint8Array, inWidth: number, firstRow: number, lastRow: number, outWidth: number, coefficients: Coefficients): Uint8Array {
  const [stride, outStride] = [inWidth * 3, outWidth * 3];
  const tableBytes = makeTable(outWidth, coefficients);
  const [rowAt, outAt] = [tableBytes.length, tableBytes.length + stride + slackBytes];
  const { f, m } = (compiled ??= compile());
  const missing = outAt + outStride + slackBytes - m.buffer.byteLength;
  if (missing > 0) m.grow(Math.ceil(missing / pageBytes));
  const memory = new Uint8Array(m.buffer);
  memory.set(tableBytes);
  const out = new Uint8Array((lastRow - firstRow) * outStride);
  for (let row = firstRow; row < lastRow; row++) {
    memory.set(data.subarray(row * stride, (row + 1) * stride), rowAt);
    f(0, outAt, outAt + outStride, rowAt);
    out.set(memory.subarray(outAt, outAt + outStride), (row - firstRow) * outStride);
  }
  return out;
}
