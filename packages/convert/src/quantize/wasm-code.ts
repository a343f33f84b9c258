/**
 * Writes small WebAssembly functions over vectors of four floats. JavaScript has no arithmetic in single precision: it rounds a double
 * after every step, which costs several times the step itself.
 *
 * Source of the codes: https://webassembly.github.io/spec/core/appendix/index-instructions.html
 */
export type Code = readonly number[];

/** A number in the variable length that WebAssembly uses. */
function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const byte = rest & 127;
    rest >>= 7;
    if ((rest === 0 && !(byte & 64)) || (rest === -1 && byte & 64)) return [...bytes, byte];
    bytes.push(byte | 128);
  }
}

const vector = (code: number): number[] => [0xfd, ...(code < 128 ? [code] : [(code & 127) | 128, code >> 7])];
const binary = (code: number) => (left: Code, right: Code): Code => [...left, ...right, ...vector(code)];
const unary = (code: number) => (operand: Code): Code => [...operand, ...vector(code)];

export const isEqual = binary(0x41);
export const isLess = binary(0x43);
export const isGreater = binary(0x44);
export const both = binary(0x4e); // bitwise
/** The first where the second is not: bitwise. */
export const without = binary(0x4f);
export const absolute = unary(0xe0);
export const negative = unary(0xe1);
export const squareRoot = unary(0xe3);
export const plus = binary(0xe4);
export const minus = binary(0xe5);
export const times = binary(0xe6);
export const over = binary(0xe7);
/** The second where it is less, else the first, as `if (b < a)` chooses; and the other way round. */
export const lesser = binary(0xea);
export const greater = binary(0xeb);
/** To the nearest integer, ties to even. */
export const nearest = unary(0x6a);

/** `yes` where the bits of `mask` are set, else `no`. */
export const choose = (mask: Code, yes: Code, no: Code): Code => [...yes, ...no, ...mask, ...vector(0x52)];

/** Four times the same float. */
export const constant = (value: number): Code => [0x43, ...new Uint8Array(Float32Array.of(value).buffer), ...vector(0x13)];

export const get = (local: number): Code => [0x20, ...leb(local)];
export const set = (local: number, value: Code): Code => [...value, 0x21, ...leb(local)];

/** Four floats from memory at `base` bytes beyond what the local `index` holds. */
export const load = (base: number, index: number): Code => [...get(index), ...vector(0x00), 4, ...leb(base)];
export const store = (base: number, index: number, value: Code): Code => [...get(index), ...value, ...vector(0x0b), 4, ...leb(base)];
/** One float from memory, four times. */
export const loadOne = (base: number, index: number): Code => [...get(index), ...vector(0x09), 2, ...leb(base)];

/** Runs `body` for `index` from 0 in steps of `step` bytes up to the integer that `end` leaves. */
export function loop(index: number, step: number, end: Code, body: Code): Code {
  const advance = [...get(index), 0x41, ...leb(step), 0x6a, 0x22, ...leb(index)]; // index += step, and keep it
  return [0x41, 0, 0x21, ...leb(index), 0x03, 0x40, ...body, ...advance, ...end, 0x48, 0x0d, 0, 0x0b];
}

export const integer = (value: number): Code => [0x41, ...leb(value)];

const section = (id: number, content: number[]): number[] => [id, ...size(content.length), ...content];
const size = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...size(value >> 7)]);
const name = (text: string): number[] => [text.length, ...Buffer.from(text)];

const i32 = 0x7f;
const v128 = 0x7b;

/** As far as it is used here; the types of Node do not have it. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: { run: (parameter: number) => void; memory: { buffer: ArrayBuffer } } };
};

/**
 * A module of one function of one integer, made ready: the function, and the page of memory that it works in.
 *
 * @param integers how many of the locals are integers: the first ones; the others are vectors
 * @param body writes the function; each call of `local` gives it another local. The parameter is local 0
 */
export function build(integers: number, body: (local: () => number) => Code): { run: (parameter: number) => void; memory: ArrayBuffer } {
  let locals = 0;
  const instructions = body(() => ++locals);
  const code = [2, ...size(integers), i32, ...size(locals - integers), v128, ...instructions, 0x0b];
  const bytes = Uint8Array.from([
    0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, [1, 0x60, 1, i32, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [2, ...name('run'), 0, 0, ...name('memory'), 2, 0]),
    ...section(10, [1, ...size(code.length), ...code]),
  ]);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  return { run: exports.run, memory: exports.memory.buffer };
}
