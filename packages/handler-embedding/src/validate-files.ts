import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { chosenFiles, LlmiError, type ModelInfo, type Validation } from '@llmi/core';
import { checkOnnxFile } from '@llmi/runtime-onnx';
import { inFolder, readPipeline } from './modules.js';
import { onnxVariants } from './onnx-files.js';

/** Compares the files in `folder` with what is known of them, and looks into those with a structure. Names everything that is wrong. */
export async function validateFiles(model: ModelInfo, folder: string): Promise<Validation> {
  const problems: string[] = [];
  for (const { path, sizeBytes } of chosenFiles(model)) {
    const status = await stat(join(folder, path)).catch(() => undefined);
    if (!status?.isFile()) problems.push(`${path} is missing`);
    else if (status.size !== sizeBytes) problems.push(`${path} has ${status.size} bytes instead of ${sizeBytes}`);
  }
  if (problems.length === 0) problems.push(...(await structuralProblems(model, folder)));
  if (problems.length === 0) return { ok: true };
  return { ok: false, error: `${problems.join('; ')}.`, hint: 'Install the model again: whole files are kept.' };
}

async function structuralProblems(model: ModelInfo, folder: string): Promise<string[]> {
  const variants = onnxVariants(model);
  const problems = variants.length === 0 ? ['there is no .onnx file'] : [];
  try {
    const { transformerFolder } = readPipeline(model);
    const tokenizer = inFolder(transformerFolder, 'tokenizer.json');
    await stat(join(folder, tokenizer)).catch(() => problems.push(`${tokenizer} is missing`));
  } catch (error) {
    problems.push(sentence(error));
  }
  for (const { path } of variants) await checkOnnxFile(join(folder, path)).catch((error: unknown) => problems.push(sentence(error)));
  return problems;
}

function sentence(error: unknown): string {
  return LlmiError.from(error).message.replace(/\.$/, '');
}
