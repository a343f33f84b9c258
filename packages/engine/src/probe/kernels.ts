/**
 * Two loops in WebAssembly that work on vectors of 128 bits: `multiply(rounds)` multiplies and adds floats in registers,
 * `read(bytes)` reads that much of its memory from the start.
 */
export interface Kernels {
  multiply(rounds: number): number;
  read(bytes: number): number;
}

/** The part of it that is used here: TypeScript declares it for browsers only. */
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: object };
};

const accumulators = 8; // enough to hide the latency of a multiplication and an addition on two units
/** Floating-point operations of one round: a multiplication and an addition on each of four lanes of each accumulator. */
export const operationsPerRound = accumulators * 4 * 2;
/** `read` takes multiples of this many bytes. */
export const readStepBytes = 64;
const pageBytes = 1 << 16;

const [v128, i32, f32] = [0x7b, 0x7f, 0x7d];
const end = 0x0b;
const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];
const tee = (local: number) => [0x22, local];
const integer = (value: number) => [0x41, ...signedLeb128(value)];
const float = (value: number) => [0x43, ...new Uint8Array(Float32Array.of(value).buffer)];
const vector = (operation: number) => [0xfd, ...leb128(operation)]; // numbers of the vector instructions
const [splatFloats, addFloats, multiplyFloats, addIntegers] = [vector(0x13), vector(0xe4), vector(0xe6), vector(0xae)];
const load = (offset: number) => [...vector(0x00), 4, ...leb128(offset)]; // aligned to 2^4
const firstFloat = [...vector(0x1f), 0];
const firstInteger = [...vector(0x1b), 0];
const [addInteger, subtractInteger, lessThan] = [0x6a, 0x6b, 0x49];
const loop = (...body: number[][]) => [0x03, 0x40, ...body.flat(), 0x0d, 0, end]; // again while the last value is not 0

/** x = 0.999 x + 0.001 for every accumulator, which goes to 1: no overflow, no denormals. */
function multiplyBody(): number[] {
  const [rounds, first, factor, summand] = [0, 1, 1 + accumulators, 2 + accumulators];
  const all = Array.from({ length: accumulators }, (_, index) => first + index);
  return [
    ...[1, accumulators + 2, v128], // locals
    ...[...float(0.999), ...splatFloats, ...set(factor), ...float(0.001), ...splatFloats, ...set(summand)],
    ...loop(
      ...all.map((local) => [...get(local), ...get(factor), ...multiplyFloats, ...get(summand), ...addFloats, ...set(local)]),
      [...get(rounds), ...integer(1), subtractInteger, ...tee(rounds)],
    ),
    ...get(first),
    ...all.slice(1).flatMap((local) => [...get(local), ...addFloats]),
    ...[...firstFloat, end],
  ];
}

/** The sum of all integers, by four accumulators. */
function readBody(): number[] {
  const [bytes, position, first] = [0, 1, 2];
  const all = [0, 1, 2, 3].map((index) => first + index);
  return [
    ...[2, 1, i32, 4, v128], // locals
    ...loop(
      ...all.map((local, index) => [...get(local), ...get(position), ...load(16 * index), ...addIntegers, ...set(local)]),
      [...get(position), ...integer(readStepBytes), addInteger, ...tee(position), ...get(bytes), lessThan],
    ),
    ...get(first),
    ...all.slice(1).flatMap((local) => [...get(local), ...addIntegers]),
    ...[...firstInteger, end],
  ];
}

/** Compiles the loops, `read` with a memory of `memoryBytes`, all of it written; undefined where WebAssembly has no vectors. */
export function compileKernels(memoryBytes: number): Kernels | undefined {
  const pages = Math.ceil(memoryBytes / pageBytes);
  const name = (text: string) => [text.length, ...Buffer.from(text)];
  const [multiply, read] = [multiplyBody(), readBody()];
  // Source: https://webassembly.github.io/spec/core/binary/modules.html
  const bytes = Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // magic and version
    ...section(1, [2, 0x60, 1, i32, 1, f32, 0x60, 1, i32, 1, i32]), // types
    ...section(3, [2, 0, 1]), // functions by type
    ...section(5, [1, 0, ...leb128(pages)]), // memory
    ...section(7, [3, ...name('multiply'), 0, 0, ...name('read'), 0, 1, ...name('memory'), 2, 0]), // exports
    ...section(10, [2, ...leb128(multiply.length), ...multiply, ...leb128(read.length), ...read]), // code
  ]);
  if (!WebAssembly.validate(bytes)) return undefined;
  const exports = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Kernels & { memory: { buffer: ArrayBuffer } };
  new Uint8Array(exports.memory.buffer).fill(1);
  return exports;
}

/** A section: its number, its length, its content. */
function section(number: number, content: number[]): number[] {
  return [number, ...leb128(content.length), ...content];
}

function leb128(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb128(value >>> 7)];
}

/** Of a number that is not negative: one more byte where the sign bit would be set. */
function signedLeb128(value: number): number[] {
  return value < 64 ? [value] : [(value & 127) | 128, ...signedLeb128(value >>> 7)];
}
