import { f32 } from './float32.js';

/**
 * The x of matrix x = right, in single precision, by elimination with row exchanges as LAPACK's sgesv does it.
 * The systems of UniPC are 1x1 to 4x4 and ill-conditioned, so the precision shows in the result.
 */
export function solve32(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, index) => [...row, right[index]!]);
  const size = rows.length;
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column + 1; row < size; row++) if (Math.abs(rows[row]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = row;
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    for (let row = column + 1; row < size; row++) {
      const factor = f32(rows[row]![column]! / rows[column]![column]!);
      for (let index = column; index <= size; index++) rows[row]![index] = f32(rows[row]![index]! - f32(factor * rows[column]![index]!));
    }
  }
  const solution = new Array<number>(size).fill(0);
  for (let row = size - 1; row >= 0; row--) {
    let rest = rows[row]![size]!;
    for (let index = row + 1; index < size; index++) rest = f32(rest - f32(rows[row]![index]! * solution[index]!));
    solution[row] = f32(rest / rows[row]![row]!);
  }
  return solution;
}
