import { LlmiError } from '@llmi/core';
import { floatToHalf, toFloat32, type OnnxDtype, type OnnxTensor } from '@llmi/runtime-onnx';

/**
 * A floating-point tensor in the element type that a graph takes.
 * @throws {LlmiError} MODEL_FORMAT_UNSUPPORTED for another type
 */
export function floatTensor(tensor: OnnxTensor, dtype: OnnxDtype | undefined): OnnxTensor {
  if (tensor.dtype === dtype) return tensor;
  const data = toFloat32(tensor);
  if (dtype === 'float32') return { dtype, shape: tensor.shape, data };
  if (dtype === 'float16') return { dtype, shape: tensor.shape, data: Uint16Array.from(data, floatToHalf) };
  throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: `A graph of this model takes ${dtype} where floating-point numbers are given.`, hint: 'Export the model with float32 inputs.' });
}

/** Float32 values as a tensor of the element type that a graph takes. */
export function floats(shape: readonly number[], data: Float32Array, dtype: OnnxDtype | undefined = 'float32'): OnnxTensor {
  return floatTensor({ dtype: 'float32', shape, data }, dtype);
}

/** A tensor of zeros, or of nothing. */
export function zeros(shape: readonly number[], dtype: OnnxDtype | undefined = 'float32'): OnnxTensor {
  return floats(shape, new Float32Array(shape.reduce((product, size) => product * size, 1)), dtype);
}

/** Whole numbers as int64. */
export function integers(shape: readonly number[], values: readonly number[]): OnnxTensor {
  return { dtype: 'int64', shape, data: BigInt64Array.from(values, BigInt) };
}

/** int64 ones, as masks of nothing are made of. */
export function ones(shape: readonly number[]): OnnxTensor {
  return { dtype: 'int64', shape, data: new BigInt64Array(shape.reduce((product, size) => product * size, 1)).fill(1n) };
}
