/** WebAssembly for one export: run(n) multiplies and adds on vectors of four floats, n times what `operationsPerRound` says. */

const accumulators = 8; // enough to hide the latency of a multiplication and an addition on two units
/** Floating-point operations of one round: a multiplication and an addition on each of four lanes of each accumulator. */
export const operationsPerRound = accumulators * 4 * 2;

const v128 = 0x7b;
const i32 = 0x7f;
const f32 = 0x7d;
const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];
const floatConstant = (value: number) => [0x43, ...new Uint8Array(Float32Array.of(value).buffer)];
const splat = [0xfd, 0x13];
const add = [0xfd, 0xe4, 0x01];
const multiply = [0xfd, 0xe6, 0x01];
const firstLane = [0xfd, 0x1f, 0x00];

const counter = 0; // the parameter
const first = 1; // of the accumulators
const [factor, summand] = [first + accumulators, first + accumulators + 1];

const body = [
  ...[1, accumulators + 2, v128], // one group of locals
  ...[...floatConstant(0.999), ...splat, ...set(factor)],
  ...[...floatConstant(0.001), ...splat, ...set(summand)], // x = 0.999 x + 0.001 goes to 1: no overflow, no denormals
  ...[0x03, 0x40], // loop
  ...locals().flatMap((local) => [...get(local), ...get(factor), ...multiply, ...get(summand), ...add, ...set(local)]),
  ...[...get(counter), 0x41, 1, 0x6b, 0x22, counter, 0x0d, 0], // counter = counter - 1; once more unless it is 0
  0x0b,
  ...get(first),
  ...locals().slice(1).flatMap((local) => [...get(local), ...add]),
  ...firstLane,
  0x0b,
];

function locals(): number[] {
  return Array.from({ length: accumulators }, (_, index) => first + index);
}

/** A section: its number, its length, its content. */
function section(number: number, content: number[]): number[] {
  return [number, ...leb128(content.length), ...content];
}

function leb128(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb128(value >> 7)];
}

/** Source: https://webassembly.github.io/spec/core/binary/index.html */
const bytes = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // magic and version
  ...section(1, [1, 0x60, 1, i32, 1, f32]), // one type: i32 to f32
  ...section(3, [1, 0]), // one function of that type
  ...section(7, [1, 3, ...Buffer.from('run'), 0, 0]), // exported
  ...section(10, [1, ...leb128(body.length), ...body]),
]);

/** Compiles the kernel; undefined where WebAssembly has no vectors. */
export function multiplyKernel(): ((rounds: number) => number) | undefined {
  if (!WebAssembly.validate(bytes)) return undefined;
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports.run as (rounds: number) => number;
}
