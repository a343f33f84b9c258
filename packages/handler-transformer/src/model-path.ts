import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { LlmiError, type ModelInfo } from '@llmi/core';

export const isGguf = (path: string): boolean => path.toLowerCase().endsWith('.gguf');

/** `name-00002-of-00005.gguf`: a part of a split model, which is loaded by its first. */
const laterPart = /-(?!00001-of-)\d{5}-of-\d{5}\.gguf$/i;

/** Projectors and the like lie beside a model and are none. */
const besideModel = /(^|[-._/])(mmproj|imatrix|projector)([-._]|$)/i;

/** Files of the model, by preference: those chosen at install, else all that the model is known to have. */
export function ggufFiles(model: ModelInfo): string[] {
  const chosen = model.chosenFiles.filter(isGguf);
  const candidates = chosen.length > 0 ? chosen : model.files.map(({ path }) => path).filter(isGguf);
  return candidates.filter((path) => !laterPart.test(path) && !besideModel.test(basename(path))).sort();
}

/**
 * The .gguf file to load, and the folder that the model's file names are relative to.
 * @throws {LlmiError} MODEL_FILE_MISSING
 */
export async function resolveModelPath(path: string, model: ModelInfo): Promise<{ folder: string; file: string }> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile()) return { folder: dirname(path), file: path };
  if (!found) throw missing(`There is nothing at ${basename(path)}.`);
  const [first] = ggufFiles(model);
  if (first !== undefined) return { folder: path, file: join(path, first) };
  const listed = (await readdir(path)).filter((name) => isGguf(name) && !laterPart.test(name) && !besideModel.test(name)).sort();
  if (listed.length === 0) throw missing(`The folder ${basename(path)} has no .gguf file.`);
  return { folder: path, file: join(path, listed[0]!) };
}

function missing(message: string): LlmiError {
  return new LlmiError('MODEL_FILE_MISSING', { message, hint: 'Install the model again, or give the path of its .gguf file.' });
}
