import type { GenerateRequest } from '@llmi/core';
import { toFloat32, type OnnxData, type OnnxDtype, type OnnxTensor, type OnnxValueInfo } from '@llmi/runtime-onnx';
import { floatTensor } from '@llmi/runtime-transformers';
import { invalid } from '../invalid-input.js';

type GivenTensor = NonNullable<GenerateRequest['tensors']>[string];
type PlainTensor = { data: (number | boolean | string)[]; shape: number[]; dtype: string };

interface ElementType {
  bytes: number;
  /** Elements of little-endian bytes. */
  view(buffer: ArrayBuffer): OnnxData;
  from(values: number[]): OnnxData;
  /** Whole numbers from and to, where only those are allowed. */
  range?: [number, number];
}

const whole = (bits: number, signed: boolean): [number, number] => (signed ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1]);

const types: Partial<Record<OnnxDtype, ElementType>> = {
  float32: { bytes: 4, view: (buffer) => new Float32Array(buffer), from: (values) => Float32Array.from(values) },
  float64: { bytes: 8, view: (buffer) => new Float64Array(buffer), from: (values) => Float64Array.from(values) },
  float16: { bytes: 2, view: (buffer) => new Uint16Array(buffer), from: (values) => floatTensor({ dtype: 'float32', shape: [values.length], data: Float32Array.from(values) }, 'float16').data },
  int8: { bytes: 1, view: (buffer) => new Int8Array(buffer), from: (values) => Int8Array.from(values), range: whole(8, true) },
  uint8: { bytes: 1, view: (buffer) => new Uint8Array(buffer), from: (values) => Uint8Array.from(values), range: whole(8, false) },
  int16: { bytes: 2, view: (buffer) => new Int16Array(buffer), from: (values) => Int16Array.from(values), range: whole(16, true) },
  uint16: { bytes: 2, view: (buffer) => new Uint16Array(buffer), from: (values) => Uint16Array.from(values), range: whole(16, false) },
  int32: { bytes: 4, view: (buffer) => new Int32Array(buffer), from: (values) => Int32Array.from(values), range: whole(32, true) },
  uint32: { bytes: 4, view: (buffer) => new Uint32Array(buffer), from: (values) => Uint32Array.from(values), range: whole(32, false) },
  int64: { bytes: 8, view: (buffer) => new BigInt64Array(buffer), from: (values) => BigInt64Array.from(values, BigInt), range: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER] },
  uint64: { bytes: 8, view: (buffer) => new BigUint64Array(buffer), from: (values) => BigUint64Array.from(values, BigInt), range: [0, Number.MAX_SAFE_INTEGER] },
  bool: { bytes: 1, view: (buffer) => new Uint8Array(buffer), from: (values) => Uint8Array.from(values), range: [0, 1] },
};

/** `float32 [batch, 3, 224, 224]`: what a graph wants, for a person. */
export function describeTensor({ dtype, shape }: OnnxValueInfo): string {
  return `${dtype ?? 'no tensor'} [${shape.map((size) => (size === '' ? '?' : size)).join(', ')}]`;
}

/** A tensor of a request as a graph takes it. @throws {LlmiError} INPUT_INVALID */
export function readTensor(given: GivenTensor, info: OnnxValueInfo): OnnxTensor {
  const param = `tensors.${info.name}`;
  const wanted = `This input takes ${describeTensor(info)}.`;
  if (given.dtype !== info.dtype) throw invalid(`${param}.dtype`, `"${info.name}" is given as ${given.dtype}.`, wanted);
  const fits = given.shape.length === info.shape.length && given.shape.every((size, axis) => typeof info.shape[axis] !== 'number' || info.shape[axis] === size);
  if (!fits) throw invalid(`${param}.shape`, `"${info.name}" has the shape [${given.shape.join(', ')}].`, wanted);
  const count = given.shape.reduce((product, size) => product * size, 1);
  const data = info.dtype === 'string' ? readStrings(given.data, param) : readNumbers(given.data, info.dtype, param);
  if (data.length !== count) throw invalid(`${param}.data`, `"${info.name}" has ${data.length} elements where its shape has ${count}.`, wanted);
  return { dtype: info.dtype, shape: given.shape, data };
}

function readStrings(data: GivenTensor['data'], param: string): string[] {
  if (Array.isArray(data) && data.every((item) => typeof item === 'string')) return data;
  throw invalid(`${param}.data`, 'This input takes texts.', 'Give a list of strings.');
}

function readNumbers(data: GivenTensor['data'], dtype: OnnxDtype | undefined, param: string): Exclude<OnnxData, string[]> {
  const type = dtype && types[dtype];
  if (!type) throw invalid(param, 'This input takes something that is no tensor of numbers.', 'It cannot be given over this interface.');
  if (typeof data === 'string') {
    const bytes = Uint8Array.from(Buffer.from(data, 'base64'));
    if (bytes.length % type.bytes === 0) return type.view(bytes.buffer) as Exclude<OnnxData, string[]>;
    throw invalid(`${param}.data`, `${bytes.length} bytes are no whole number of elements of ${type.bytes} bytes.`, 'Give base64 of little-endian bytes.');
  }
  const values = data.map((item) => (typeof item === 'string' ? NaN : Number(item)));
  const bad = values.findIndex((value) => Number.isNaN(value) || (type.range && (!Number.isInteger(value) || value < type.range[0] || value > type.range[1])));
  if (bad >= 0) throw invalid(`${param}.data[${bad}]`, `${JSON.stringify(data[bad])} is no ${dtype}.`, type.range ? `Give whole numbers from ${type.range[0]} to ${type.range[1]}.` : 'Give numbers.');
  return type.from(values) as Exclude<OnnxData, string[]>;
}

/** A tensor of a graph as JSON has it. Whole numbers that JSON cannot hold are given as texts, and what is no number as "NaN", "Infinity". */
export function writeTensor(tensor: OnnxTensor): PlainTensor {
  const { dtype, shape } = tensor;
  return { data: elements(tensor), shape: [...shape], dtype };
}

function elements(tensor: OnnxTensor): PlainTensor['data'] {
  const { dtype, data } = tensor;
  if (dtype === 'bool') return Array.from(data as Uint8Array, (value) => value !== 0);
  if (dtype === 'string') return data as string[];
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Array.from<bigint, number | string>(data, (value) => (Number.isSafeInteger(Number(value)) ? Number(value) : String(value)));
  const numbers = dtype === 'float16' ? toFloat32(tensor) : (data as Float32Array);
  return Array.from<number, number | string>(numbers, (value) => (Number.isFinite(value) ? value : String(value)));
}
