/**
 * The straight line (plane, ...) through points: weights for each column of `inputs` and a last one for 1, for each column of `outputs`.
 *
 * Shapes: `inputs` [points, n], `outputs` [points, m]; result [n + 1, m]. A small penalty keeps it solvable where points lie in a plane.
 */
export function fitLinear(inputs: readonly (readonly number[])[], outputs: readonly (readonly number[])[], penalty = 1e-6): number[][] {
  const rows = inputs.map((row) => [...row, 1]);
  const size = rows[0]!.length;
  const left = Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => rows.reduce((sum, row) => sum + row[i]! * row[j]!, 0) + (i === j ? penalty * rows.length : 0)));
  const right = Array.from({ length: size }, (_, i) => outputs[0]!.map((_, column) => rows.reduce((sum, row, point) => sum + row[i]! * outputs[point]![column]!, 0)));
  return solve(left, right);
}

/** Gaussian elimination with pivots, in place. */
function solve(left: number[][], right: number[][]): number[][] {
  const size = left.length;
  for (let step = 0; step < size; step++) {
    let pivot = step;
    for (let row = step + 1; row < size; row++) if (Math.abs(left[row]![step]!) > Math.abs(left[pivot]![step]!)) pivot = row;
    [left[step], left[pivot]] = [left[pivot]!, left[step]!];
    [right[step], right[pivot]] = [right[pivot]!, right[step]!];
    for (let row = 0; row < size; row++) {
      if (row === step) continue;
      const factor = left[row]![step]! / left[step]![step]!;
      left[row] = left[row]!.map((value, column) => value - factor * left[step]![column]!);
      right[row] = right[row]!.map((value, column) => value - factor * right[step]![column]!);
    }
  }
  return right.map((row, index) => row.map((value) => value / left[index]![index]!));
}
