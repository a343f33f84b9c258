import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { chosenFiles, LlmiError, type ModelInfo, type Validation } from '@llmi/core';
import { checkOnnxFile } from '@llmi/runtime-onnx';
import { onnxVariants } from '@llmi/runtime-transformers';

/** Compares the files in `folder` with what is known of them, and looks into the graphs. Names everything that is wrong. */
export async function validateFiles(model: ModelInfo, folder: string): Promise<Validation> {
  const problems: string[] = [];
  for (const { path, sizeBytes } of chosenFiles(model)) {
    const status = await stat(join(folder, path)).catch(() => undefined);
    if (!status?.isFile()) problems.push(`${path} is missing`);
    else if (status.size !== sizeBytes) problems.push(`${path} has ${status.size} bytes instead of ${sizeBytes}`);
  }
  if (problems.length === 0) {
    const variants = onnxVariants(model);
    if (variants.length === 0) problems.push('there is no .onnx file');
    for (const { path } of variants) {
      await checkOnnxFile(join(folder, path)).catch((error: unknown) => problems.push(LlmiError.from(error).message.replace(/\.$/, '')));
    }
  }
  if (problems.length === 0) return { ok: true };
  return { ok: false, error: `${problems.join('; ')}.`, hint: 'Install the model again: whole files are kept.' };
}
