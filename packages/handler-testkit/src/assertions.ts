import assert from 'node:assert/strict';
import { LlmiError } from '@llmi/core';

/** Numbers that depend on the order of additions differ by less than this, relative to their size (or to 1). */
const tolerance = 1e-3;

/** What a promise rejects with. Fails when it does not. */
export async function rejection(promise: Promise<unknown>, what: string): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: `${what} was accepted.` });
}

/** Fails unless `error` says what happened and what to do next, as an LlmiError. */
export function assertTyped(error: unknown, what: string): asserts error is LlmiError {
  assert.ok(LlmiError.is(error), `${what} must be refused with an LlmiError; it was: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`);
  assert.ok(error.message.trim().length > 0, `The ${error.code} for ${what} has no message.`);
  assert.ok((error.hint ?? '').trim().length > 0, `The ${error.code} for ${what} has no hint: say what to do next.`);
}

/** Fails unless the value is the same after JSON: what a runner process and HTTP make of it. */
export function assertJson(value: unknown, what: string): void {
  assert.deepEqual(JSON.parse(JSON.stringify(value)), dropUndefined(value), `${what} does not survive JSON.`);
}

/** A key with `undefined` and no such key are the same in JSON. */
function dropUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(dropUndefined);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, item]) => (item === undefined ? [] : [[key, dropUndefined(item)]])));
}

/** Of how an answer came about, not of what it says: a second one finds its prompt in the cache. */
const circumstances = new Set(['cachedTokens']);

/** Fails unless two answers are equal: texts exactly, numbers within a thousandth. */
export function assertSameAnswer(actual: unknown, expected: unknown, message: string): void {
  const difference = firstDifference(actual, expected, 'answer');
  assert.ok(difference === undefined, `${message} ${difference}`);
}

function firstDifference(actual: unknown, expected: unknown, path: string): string | undefined {
  if (typeof actual === 'number' && typeof expected === 'number') {
    return Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)) ? undefined : `${path} is ${actual}, not ${expected}.`;
  }
  if (typeof actual !== 'object' || typeof expected !== 'object' || actual === null || expected === null) {
    return actual === expected ? undefined : `${path} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}.`;
  }
  for (const key of new Set([...Object.keys(actual), ...Object.keys(expected)])) {
    if (circumstances.has(key)) continue;
    const found = firstDifference((actual as Record<string, unknown>)[key], (expected as Record<string, unknown>)[key], `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
