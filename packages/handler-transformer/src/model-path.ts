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

/** The quantization in the name of a GGUF file: `model.Q8_0.gguf`, `model-UD-Q4_K_XL-00001-of-00002.gguf`. */
const labelInName = /(?:^|[-._])((?:UD-)?(?:I?Q\d\w*|F16|F32|BF16|MXFP4\w*|TQ\d_\d))(?:-\d{5}-of-\d{5})?\.gguf$/i;

export function quantizationLabel(path: string): string | undefined {
  return labelInName.exec(basename(path))?.[1]?.toUpperCase();
}

/**
 * The .gguf file to load, and the folder that the model's file names are relative to.
 * @throws {LlmiError} MODEL_FILE_MISSING, FILE_CHOICE_EMPTY
 */
export async function resolveModelPath(path: string, model: ModelInfo, quantization?: string): Promise<{ folder: string; file: string }> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile()) return { folder: dirname(path), file: path };
  if (!found) throw missing(`There is nothing at ${basename(path)}.`);
  const known = ggufFiles(model);
  const files = known.length > 0 ? known : (await readdir(path)).filter((name) => isGguf(name) && !laterPart.test(name) && !besideModel.test(name)).sort();
  if (files.length === 0) throw missing(`The folder ${basename(path)} has no .gguf file.`);
  const first = quantization === undefined ? files[0] : files.find((file) => quantizationLabel(file) === quantization.toUpperCase());
  if (first !== undefined) return { folder: path, file: join(path, first) };
  throw new LlmiError('FILE_CHOICE_EMPTY', {
    message: `There is no file of quantization ${quantization} in ${basename(path)}.`,
    hint: `Use one of: ${files.map((file) => quantizationLabel(file) ?? file).join(', ')}.`,
  });
}

function missing(message: string): LlmiError {
  return new LlmiError('MODEL_FILE_MISSING', { message, hint: 'Install the model again, or give the path of its .gguf file.' });
}
