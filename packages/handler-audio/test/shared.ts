import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';

export const shared = process.env.LLMI_SHARED ?? join(import.meta.dirname, '..', '..', '..', '..', 'shared');
export const fixtures = join(shared, 'fixtures');
export const hasFixtures = existsSync(fixtures);

/** A tensor as the golden files give it. */
export interface Summary {
  shape: number[];
  first8: number[];
  norm: number;
  mean: number;
  argmax: number;
}

interface GoldenCase {
  inputs: Record<string, string>;
  params: Record<string, unknown>;
  expect: Record<string, unknown>;
}

/** The cases of a golden file; each has one at least. */
export const golden = (repo: string) => (JSON.parse(readFileSync(join(fixtures, 'golden', `${repo}.json`), 'utf8')) as { cases: [GoldenCase, ...GoldenCase[]] }).cases;
export const folderOf = (repo: string) => join(fixtures, 'hub', 'llmi-fixtures', repo);
export const asset = (path: string) => join(fixtures, 'golden', path);

/** A tensor against the summary of the reference's: shape, first values, length, mean and place of the largest. */
export function expectLike(data: Float32Array, shape: readonly number[], expected: Summary, tolerance: number): void {
  expect(shape).toEqual(expected.shape);
  expected.first8.forEach((value, index) => expect(Math.abs(data[index]! - value)).toBeLessThanOrEqual(tolerance));
  const norm = Math.sqrt(data.reduce((sum, value) => sum + value * value, 0));
  expect(Math.abs(norm - expected.norm)).toBeLessThanOrEqual(1e-4 * expected.norm);
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  expect(Math.abs(mean - expected.mean)).toBeLessThanOrEqual(tolerance);
  expect(Math.abs(data[expected.argmax]! - data.reduce((best, value) => Math.max(best, value)))).toBeLessThanOrEqual(tolerance);
}
