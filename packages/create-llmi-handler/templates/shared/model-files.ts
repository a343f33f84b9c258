import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { chosenFiles, LlmiError, type ModelInfo, type Validation } from '@llmi/core';

/** The folder that a model is in, whether `path` is that folder or a file in it. */
export async function folderOf(path: string): Promise<string> {
  return (await stat(path).catch(() => undefined))?.isFile() ? dirname(path) : path;
}

/** Names each chosen file that is missing, or that has another size than it should. */
export async function checkFiles(model: ModelInfo, path: string): Promise<Validation> {
  const folder = await folderOf(path);
  const problems: string[] = [];
  for (const file of chosenFiles(model)) {
    const found = await stat(join(folder, file.path)).catch(() => undefined);
    if (!found) problems.push(`${file.path} is missing.`);
    else if (found.size !== file.sizeBytes) problems.push(`${file.path} has ${found.size} bytes instead of ${file.sizeBytes}.`);
  }
  return problems.length === 0 ? { ok: true } : { ok: false, error: problems.join(' '), hint: 'Install the model again.', code: 'MODEL_FILE_CORRUPT' };
}

/** @throws {LlmiError} MODEL_FILE_CORRUPT */
export async function assertFiles(model: ModelInfo, path: string): Promise<void> {
  const verdict = await checkFiles(model, path);
  if (!verdict.ok) throw refusal(verdict);
}

/** The error that a failed check is thrown as. */
export function refusal({ code = 'INPUT_INVALID', error, hint, param }: Extract<Validation, { ok: false }>): LlmiError {
  return new LlmiError(code, { message: error, hint, param });
}
