import { expect } from 'vitest';

/** Some of the values of an array, as the Python scripts beside the fixtures write them. */
export interface Some {
  length: number;
  every: number;
  values: number[];
  norm: number;
}

/** Compares values, length and norm. */
export function expectSome(values: Float32Array, expected: Some, tolerance: number): void {
  expect(values.length).toBe(expected.length);
  const worst = Math.max(...expected.values.map((value, index) => Math.abs(values[index * expected.every]! - value)));
  expect(worst).toBeLessThanOrEqual(tolerance);
  const norm = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  expect(Math.abs(norm - expected.norm)).toBeLessThanOrEqual(Math.max(tolerance, tolerance * expected.norm));
}
