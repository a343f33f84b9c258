import { LlmiError } from '@llmi/core';

/**
 * Element-wise float32 arithmetic in WebAssembly, four values at a time, every operation rounded as torch rounds it. JavaScript adds in
 * double precision one value at a time, three times slower and with other roundings than diffusers.
 *
 * A kernel is a formula in postfix: operands x0, x1, ... (arrays) and s0, s1, ... (scalars), operators + - * /.
 */

/** Bytes of one operand that are worked on at once: a page of WebAssembly memory, and little enough for the processor's cache. */
const pageBytes = 65_536;
const chunk = pageBytes / Float32Array.BYTES_PER_ELEMENT;
export const mostOperands = 7;
const resultPage = mostOperands;

/** Encodings of https://webassembly.github.io/spec/core/binary/instructions.html */
const localGet = 0x20;
const localSet = 0x21;
const simd = 0xfd;
const types = { i32: 0x7f, f32: 0x7d, v128: 0x7b };
const operators: Record<string, readonly number[]> = { '+': [simd, 0xe4, 0x01], '-': [simd, 0xe5, 0x01], '*': [simd, 0xe6, 0x01], '/': [simd, 0xe7, 0x01] };
const loadVector = [simd, 0x00, 4];
const storeVector = [simd, 0x0b, 4];
const splat = [simd, 0x13];

/** Unsigned LEB128. */
function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}

const section = (id: number, content: number[]) => [id, ...leb(content.length), ...content];
const vector = (items: number[][]) => [...leb(items.length), ...items.flat()];

/** A function (bytes: i32, s0: f32, s1: f32, ...) that works through one chunk. Locals: 0 bytes, then scalars, then the offset, then their splats. */
function functionBody(formula: readonly string[], scalars: number): number[] {
  const offset = 1 + scalars;
  const splatOf = (index: number) => offset + 1 + index;
  const term = (token: string): number[] => {
    if (operators[token]) return [...operators[token]];
    const index = Number(token.slice(1));
    return token.startsWith('x') ? [localGet, offset, ...loadVector, ...leb(index * pageBytes)] : [localGet, splatOf(index)];
  };
  const splats = Array.from({ length: scalars }, (_, index) => [localGet, 1 + index, ...splat, localSet, splatOf(index)]).flat();
  const loop = [
    ...[0x03, 0x40], // loop, no result
    ...[localGet, offset],
    ...formula.flatMap(term),
    ...[...storeVector, ...leb(resultPage * pageBytes)],
    ...[localGet, offset, 0x41, 16, 0x6a, 0x22, offset], // offset += 16, kept on the stack
    ...[localGet, 0, 0x49, 0x0d, 0, 0x0b], // again while offset < bytes
  ];
  const locals = vector([[1, types.i32], ...(scalars > 0 ? [[scalars, types.v128]] : [])]);
  const code = [...locals, ...splats, ...loop, 0x0b];
  return [...leb(code.length), ...code];
}

/** Just below the largest block whose release changes what glibc does. */
const largestBlockBytes = 31 * 2 ** 20;

/**
 * The C library gives freed arrays of a latent's size back to the system, and then fresh memory, handed out page by page, costs twice the
 * arithmetic of a step; until a larger block has been freed once (mallopt(3), M_MMAP_THRESHOLD). This one is never touched, so it takes no memory.
 */
function keepFreedMemory(): void {
  Buffer.allocUnsafeSlow(largestBlockBytes);
}

function moduleBytes(formulas: readonly (readonly string[])[], counts: readonly number[]): Uint8Array<ArrayBuffer> {
  const name = (text: string) => [text.length, ...new TextEncoder().encode(text)];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(counts.map((scalars) => [0x60, ...vector([[types.i32], ...Array.from({ length: scalars }, () => [types.f32])]), 0]))),
    ...section(3, vector(formulas.map((_, index) => [index]))),
    ...section(5, vector([[0x00, resultPage + 1]])),
    ...section(7, vector([[...name('memory'), 2, 0], ...formulas.map((_, index) => [...name(`f${index}`), 0, index])])),
    ...section(10, vector(formulas.map((formula, index) => functionBody(formula, counts[index]!)))),
  ]);
}

/** A formula over arrays of one size. */
export type Kernel = (scalars: readonly number[], ...operands: readonly Float32Array[]) => Float32Array;

/** Compiles kernels, on the first call of one of them, into a module that they share. */
export function compileKernels<Name extends string>(formulas: Record<Name, string>): Record<Name, Kernel> {
  const names = Object.keys(formulas) as Name[];
  const tokens = names.map((name) => formulas[name].split(' '));
  const counts = tokens.map((formula) => 1 + Math.max(-1, ...formula.filter((token) => token.startsWith('s')).map((token) => Number(token.slice(1)))));
  let exports: Record<string, unknown> | undefined;
  const load = () => {
    if (exports) return exports;
    keepFreedMemory();
    return (exports = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes(tokens, counts))).exports);
  };
  const kernel = (index: number): Kernel => (scalars, ...operands) => {
    const loaded = load();
    const memory = new Float32Array((loaded.memory as WebAssembly.Memory).buffer);
    return run(loaded[`f${index}`] as (bytes: number, ...scalars: number[]) => void, memory, scalars, operands);
  };
  return Object.fromEntries(names.map((name, index) => [name, kernel(index)])) as Record<Name, Kernel>;
}

/** Arrays that nobody holds any more. Fresh memory costs as much as the arithmetic: the system hands it over page by page. */
const free: Float32Array[] = [];
const mostFree = 4;

/** Gives an array back to be written again by a later kernel. Only for one that is referred to nowhere else. */
export function recycle(array: Float32Array): void {
  free.push(array);
  if (free.length > mostFree) free.shift();
}

function newArray(size: number): Float32Array {
  const index = free.findIndex((array) => array.length === size);
  if (index >= 0) return free.splice(index, 1)[0]!;
  // Kernels write every value, so the memory need not be cleared first.
  return new Float32Array(Buffer.allocUnsafeSlow(size * Float32Array.BYTES_PER_ELEMENT).buffer);
}

function run(kernel: (bytes: number, ...scalars: number[]) => void, memory: Float32Array, scalars: readonly number[], operands: readonly Float32Array[]): Float32Array {
  const size = operands[0]!.length;
  if (operands.some((operand) => operand.length !== size)) {
    throw new LlmiError('INPUT_INVALID', { message: `Arrays of ${operands.map((operand) => operand.length).join(', ')} values do not go together.`, hint: 'Sample, output of the model and noise have one size.' });
  }
  const result = newArray(size);
  for (let start = 0; start < size; start += chunk) {
    const end = Math.min(start + chunk, size);
    for (let index = 0; index < operands.length; index++) memory.set(operands[index]!.subarray(start, end), index * chunk);
    kernel((end - start) * Float32Array.BYTES_PER_ELEMENT, ...scalars);
    result.set(memory.subarray(resultPage * chunk, resultPage * chunk + end - start), start);
  }
  return result;
}
