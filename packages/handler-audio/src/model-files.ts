import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LlmiError } from '@llmi/core';

/**
 * A JSON file of a model's folder.
 * @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT
 */
export async function readJsonFile(folder: string, name: string): Promise<Record<string, unknown>> {
  const text = await readFile(join(folder, name), 'utf8').catch((cause: unknown) => {
    throw new LlmiError('MODEL_FILE_MISSING', { message: `The model file ${name} is missing.`, hint: 'Install the model again.', cause });
  });
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch (cause) {
    throw new LlmiError('MODEL_FILE_CORRUPT', { message: `The model file ${name} is not valid JSON.`, hint: 'It is damaged or incomplete: install the model again.', cause });
  }
  throw new LlmiError('MODEL_FILE_CORRUPT', { message: `The model file ${name} holds no JSON object.`, hint: 'It is damaged or incomplete: install the model again.' });
}

/** A number of a configuration, or what is usual. */
export function numberOf(config: Record<string, unknown> | undefined, name: string, usual: number): number {
  const value = config?.[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : usual;
}
