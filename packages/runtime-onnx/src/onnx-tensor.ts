import { LlmiError } from '@llmi/core';

/** Element types of a tensor, as ONNX Runtime calls them. */
export type OnnxDtype =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'bool'
  | 'string';

/** Elements in row-major order. float16 is given as its bits in a Uint16Array, bool as 0 and 1 in a Uint8Array. */
export type OnnxData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | string[];

/** A tensor, as plain data. */
export interface OnnxTensor {
  dtype: OnnxDtype;
  shape: readonly number[];
  data: OnnxData;
}

/** An input or output of a graph. A dimension that is not fixed has its name, or '' where it has none. */
export interface OnnxValueInfo {
  name: string;
  /** Undefined for a value that is no tensor, or has an element type that JavaScript cannot hold. */
  dtype: OnnxDtype | undefined;
  shape: readonly (number | string)[];
}

/**
 * The elements of a floating-point tensor as float32; the tensor's own array where it is one.
 * @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED for another element type
 */
export function toFloat32({ dtype, data }: OnnxTensor): Float32Array {
  if (data instanceof Float32Array) return data;
  if (data instanceof Float64Array) return Float32Array.from(data);
  if (dtype === 'float16' && data instanceof Uint16Array) return Float32Array.from(data, halfToFloat);
  throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', {
    message: `The graph answers with ${dtype} where floating-point numbers are needed.`,
    hint: 'Export the model with float32 outputs.',
  });
}

/** IEEE 754 half precision: 1 sign bit, 5 exponent bits (bias 15), 10 fraction bits. */
function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
