import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { chosenFiles, LlmiError, type ModelInfo, type Validation } from '@llmi/core';
import { checkOnnxFile, folderOfModel } from '@llmi/runtime-onnx';
import { isGguf } from './gguf/gguf-files.js';
import { onnxVariants } from './onnx-files.js';

/**
 * Compares the files at `path` with what is known of them, and looks into those with a structure. Names everything that is wrong.
 * @param needed names the files that an ONNX model cannot do without, or throws what is wrong with those that say so
 */
export async function validateFiles(model: ModelInfo, path: string, needed: () => string[]): Promise<Validation> {
  const folder = folderOfModel(path);
  const problems: string[] = [];
  for (const { path: file, sizeBytes } of chosenFiles(model)) {
    const status = await stat(join(folder, file)).catch(() => undefined);
    if (!status?.isFile()) problems.push(`${file} is missing`);
    else if (status.size !== sizeBytes) problems.push(`${file} has ${status.size} bytes instead of ${sizeBytes}`);
  }
  if (problems.length === 0 && !isGguf(model)) problems.push(...(await structuralProblems(model, folder, needed)));
  if (problems.length === 0) return { ok: true };
  return { ok: false, error: `${problems.join('; ')}.`, hint: 'Install the model again: whole files are kept.' };
}

async function structuralProblems(model: ModelInfo, folder: string, needed: () => string[]): Promise<string[]> {
  const variants = onnxVariants(model);
  const problems = variants.length === 0 ? ['there is no .onnx file'] : [];
  try {
    for (const file of needed()) await stat(join(folder, file)).catch(() => problems.push(`${file} is missing`));
  } catch (error) {
    problems.push(sentence(error));
  }
  for (const { path } of variants) await checkOnnxFile(join(folder, path)).catch((error: unknown) => problems.push(sentence(error)));
  return problems;
}

function sentence(error: unknown): string {
  return LlmiError.from(error).message.replace(/\.$/, '');
}
