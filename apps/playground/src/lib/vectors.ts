const dot = (left: readonly number[], right: readonly number[]) => left.reduce((sum, value, index) => sum + value * right[index]!, 0);

/** Cosine similarities of all pairs: [n, n]. */
export function compare(vectors: readonly number[][]): number[][] {
  const lengths = vectors.map((vector) => Math.sqrt(dot(vector, vector)) || 1);
  return vectors.map((left, row) => vectors.map((right, column) => dot(left, right) / (lengths[row]! * lengths[column]!)));
}

/** Two main components of the vectors (PCA by power iteration on the Gram matrix), each scaled to 0..1: [n, 2]. */
export function project(vectors: readonly number[][]): [number, number][] {
  const size = vectors[0]!.length;
  const mean = Array.from({ length: size }, (_, index) => vectors.reduce((sum, vector) => sum + vector[index]!, 0) / vectors.length);
  const centred = vectors.map((vector) => vector.map((value, index) => value - mean[index]!));
  const gram = centred.map((left) => centred.map((right) => dot(left, right)));
  const first = mainAxis(gram, []);
  const second = mainAxis(gram, first);
  const [xs, ys] = [scaled(first), scaled(second)];
  return xs.map((x, index) => [x, ys[index]!]);
}

/** The eigenvector of the largest eigenvalue, orthogonal to `other`. */
function mainAxis(matrix: readonly number[][], other: readonly number[]): number[] {
  let axis = matrix.map((_, index) => Math.cos(index + 1));
  for (let round = 0; round < 100; round++) {
    const along = other.length === 0 ? 0 : dot(axis, other);
    const free = axis.map((value, index) => value - along * (other[index] ?? 0));
    const next = matrix.map((row) => dot(row, free));
    const length = Math.sqrt(dot(next, next));
    if (length < 1e-12) return free;
    axis = next.map((value) => value / length);
  }
  return axis;
}

function scaled(values: readonly number[]): number[] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return values.map((value) => (high - low < 1e-9 ? 0.5 : (value - low) / (high - low)));
}
