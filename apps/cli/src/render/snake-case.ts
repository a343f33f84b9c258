import { toSnakeCase } from '@llmi/core';

/** Fields whose keys are data (file names, labels, mode names), not ours to rename. */
const dataFields = new Set(['json', 'text', 'metadata', 'bytesByType', 'modes', 'notes', 'install', 'logitBias', 'tensors', 'preferHandlers']);

/** A value with its keys as they are in JSON for programs: snake_case. An error becomes its code, message and hint. */
export function toDocument(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toDocument);
  if (typeof value !== 'object' || value === null) return value;
  const plain = 'toJSON' in value && typeof value.toJSON === 'function' ? (value.toJSON() as unknown) : value;
  if (plain instanceof Error) return { message: plain.message };
  if (typeof plain !== 'object' || plain === null) return plain;
  return Object.fromEntries(Object.entries(plain).map(([key, item]) => [toSnakeCase(key), dataFields.has(key) ? item : toDocument(item)]));
}
