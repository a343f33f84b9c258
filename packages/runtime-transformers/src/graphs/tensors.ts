import { LlmiError } from '@llmi/core';
import { floatToHalf, toFloat32, type OnnxDtype, type OnnxTensor } from '@llmi/runtime-onnx';

/**
 * Floating-point numbers in the element type that a graph takes.
 * @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED for another type
 */
export function floatTensor(tensor: OnnxTensor, dtype: OnnxDtype | undefined = 'float32'): OnnxTensor {
  if (tensor.dtype === dtype) return tensor;
  const data = toFloat32(tensor);
  if (dtype === 'float32') return { dtype, shape: tensor.shape, data };
  if (dtype === 'float16') return { dtype, shape: tensor.shape, data: Uint16Array.from(data, floatToHalf) };
  if (dtype === 'float64') return { dtype, shape: tensor.shape, data: Float64Array.from(data) };
  throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: `A graph of this model takes ${dtype} where floating-point numbers are given.`, hint: 'Export the model with float32 inputs.' });
}

/** Whole numbers in the width that a graph takes. */
export function integerTensor(shape: readonly number[], values: ArrayLike<number>, dtype: OnnxDtype | undefined = 'int64'): OnnxTensor {
  if (dtype === 'int32') return { dtype, shape, data: Int32Array.from(values) };
  return { dtype: 'int64', shape, data: BigInt64Array.from(values as number[], BigInt) };
}

/** A tensor of one number, or of nothing where the shape has a 0. */
export function filledTensor(shape: readonly number[], value: number, dtype: OnnxDtype | undefined): OnnxTensor {
  const size = shape.reduce((product, length) => product * length, 1);
  if (dtype === 'int64' || dtype === 'int32') return integerTensor(shape, new Float64Array(size).fill(value), dtype);
  return floatTensor({ dtype: 'float32', shape, data: new Float32Array(size).fill(value) }, dtype);
}

/** The first positions of keys or values, [1, heads, positions, size]; undefined for a state that is not made of all of them. */
export function firstPositions({ dtype, shape, data }: OnnxTensor, positions: number, length: number): OnnxTensor | undefined {
  const [rows, heads, given, size] = shape;
  if (shape.length !== 4 || rows !== 1 || given !== positions) return undefined;
  const source = data as Float32Array;
  const cut = new (source.constructor as Float32ArrayConstructor)(heads! * length * size!);
  for (let head = 0; head < heads!; head++) cut.set(source.subarray(head * given * size!, (head * given + length) * size!), head * length * size!);
  return { dtype, shape: [1, heads!, length, size!], data: cut };
}

/** Rows of a tensor (its first dimension) in another order; a row may come several times. */
export function gatherRows(tensor: OnnxTensor, order: readonly number[]): OnnxTensor {
  const rows = tensor.shape[0]!;
  if (order.length === rows && order.every((row, index) => row === index)) return tensor;
  const source = tensor.data as Float32Array;
  const size = source.length / rows;
  const data = new (source.constructor as Float32ArrayConstructor)(order.length * size);
  order.forEach((row, index) => data.set(source.subarray(row * size, (row + 1) * size), index * size));
  return { dtype: tensor.dtype, shape: [order.length, ...tensor.shape.slice(1)], data };
}
