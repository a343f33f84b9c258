/** Numbers in row-major order. */
export interface Tensor {
  data: Float32Array;
  shape: readonly number[];
}

/** Tensors by the names of the inputs that they are for. */
export type Feeds = Readonly<Record<string, Tensor>>;

/** Values of a tensor of this shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** A tensor over numbers at hand. */
export const tensorOf = (values: ArrayLike<number>, shape: readonly number[]): Tensor => ({ data: Float32Array.from(values), shape });

/** Tensors of the same shape but for the first dimension, one after the other along it. */
export function concatRows(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors;
  if (tensors.length === 1) return first!;
  const data = new Float32Array(tensors.reduce((sum, tensor) => sum + tensor.data.length, 0));
  let at = 0;
  for (const tensor of tensors) {
    data.set(tensor.data, at);
    at += tensor.data.length;
  }
  return { data, shape: [tensors.reduce((sum, { shape }) => sum + shape[0]!, 0), ...first!.shape.slice(1)] };
}

/** Each row `times` times, its copies beside each other: a a b b. */
export function repeatRows({ data, shape }: Tensor, times: number): Tensor {
  if (times === 1) return { data, shape };
  const [rows, ...rest] = shape as [number, ...number[]];
  const size = sizeOf(rest);
  const repeated = new Float32Array(data.length * times);
  for (let row = 0; row < rows; row++) {
    for (let copy = 0; copy < times; copy++) repeated.set(data.subarray(row * size, (row + 1) * size), (row * times + copy) * size);
  }
  return { data: repeated, shape: [rows * times, ...rest] };
}

/** All rows `times` times: a b a b. */
export const tileRows = (tensor: Tensor, times: number): Tensor => concatRows(Array.from({ length: times }, () => tensor));

/** Two tensors side by side along the last dimension. */
export function concatColumns(left: Tensor, right: Tensor): Tensor {
  const [leftSize, rightSize] = [left.shape.at(-1)!, right.shape.at(-1)!];
  const rows = left.data.length / leftSize;
  const size = leftSize + rightSize;
  const data = new Float32Array(rows * size);
  for (let row = 0; row < rows; row++) {
    data.set(left.data.subarray(row * leftSize, (row + 1) * leftSize), row * size);
    data.set(right.data.subarray(row * rightSize, (row + 1) * rightSize), row * size + leftSize);
  }
  return { data, shape: [...left.shape.slice(0, -1), size] };
}
