import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jsonFile, LlmiError, type ModelInfo } from '@llmi/core';

/** A JSON file of a model: as it is known already, else from its folder; undefined where there is none. @throws {LlmiError} MODEL_FILE_CORRUPT */
export async function modelJson(model: ModelInfo, folder: string, name: string): Promise<Record<string, unknown> | undefined> {
  const known = jsonFile(model, name);
  if (known) return known;
  const text = await readFile(join(folder, name), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch (cause) {
    throw new LlmiError('MODEL_FILE_CORRUPT', { message: `The model file ${name} is not valid JSON.`, hint: 'It is damaged or incomplete: install the model again.', cause });
  }
}
