/** Rows of the right side that are added in one pass over a row of the sum. */
const rowsAtOnce = 4;

/** Adds `factor` times the product of two matrices. Shapes: sum [rows, columns], left [rows, rank], right [rank, columns]. */
export function addProduct(sum: Float32Array, left: Float32Array, right: Float32Array, rank: number, factor: number): void {
  const rows = left.length / rank;
  const columns = right.length / rank;
  for (let row = 0; row < rows; row++) {
    const target = sum.subarray(row * columns, (row + 1) * columns);
    for (let first = 0; first < rank; first += rowsAtOnce) {
      const weightAt = (index: number) => (first + index < rank ? left[row * rank + first + index]! * factor : 0);
      // Where the rank ends early the weight is 0, whatever row stands there.
      const rowAt = (index: number) => right.subarray(Math.min(first + index, rank - 1) * columns);
      addRows(target, [weightAt(0), weightAt(1), weightAt(2), weightAt(3)], [rowAt(0), rowAt(1), rowAt(2), rowAt(3)]);
    }
  }
}

type Four<Value> = readonly [Value, Value, Value, Value];

function addRows(target: Float32Array, [w0, w1, w2, w3]: Four<number>, [r0, r1, r2, r3]: Four<Float32Array>): void {
  for (let column = 0; column < target.length; column++) {
    target[column] = target[column]! + w0 * r0[column]! + w1 * r1[column]! + w2 * r2[column]! + w3 * r3[column]!;
  }
}

/** [rows, columns] to [columns, rows]. */
export function transpose(matrix: Float32Array, columns: number): Float32Array {
  const rows = matrix.length / columns;
  const result = new Float32Array(matrix.length);
  for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++) result[column * rows + row] = matrix[row * columns + column]!;
  return result;
}
