import { LlmiError } from '@llmi/core';

/** Python's names of numbers that JSON does not have, and strings, which may hold those names as text. */
const stringsAndNumbers = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;

/**
 * The object in a scheduler_config.json as diffusers writes it: with a bare -Infinity, Infinity or NaN where the number is one.
 * @throws {LlmiError} MODEL_FILE_CORRUPT when it is no JSON object even so.
 */
export function parseSchedulerConfig(text: string): Record<string, unknown> {
  const quoted = text.replace(stringsAndNumbers, (match) => (match.startsWith('"') ? match : `"${match}"`));
  try {
    const value: unknown = JSON.parse(quoted);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (cause) {
    throw new LlmiError('MODEL_FILE_CORRUPT', { message: 'scheduler_config.json is not valid JSON.', hint: 'Install the model again.', cause });
  }
  throw new LlmiError('MODEL_FILE_CORRUPT', { message: 'scheduler_config.json does not hold an object.', hint: 'Install the model again.' });
}
