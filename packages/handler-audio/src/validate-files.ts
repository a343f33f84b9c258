import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { chosenFiles, LlmiError, type ModelInfo, type Validation } from '@llmi/core';
import { checkOnnxFile } from '@llmi/runtime-onnx';
import { kindOf } from './kinds.js';
import { chooseGraphs } from './onnx-files.js';

/** Compares the files in `folder` with what is known of them, and looks into the graphs. Names everything that is wrong. */
export async function validateFiles(model: ModelInfo, folder: string): Promise<Validation> {
  const problems: string[] = [];
  for (const { path, sizeBytes } of chosenFiles(model)) {
    const status = await stat(join(folder, path)).catch(() => undefined);
    if (!status?.isFile()) problems.push(`${path} is missing`);
    else if (status.size !== sizeBytes) problems.push(`${path} has ${status.size} bytes instead of ${sizeBytes}`);
  }
  if (problems.length === 0) {
    const message = (error: unknown) => LlmiError.from(error).message.replace(/\.$/, '');
    try {
      for (const { path } of chooseGraphs(model, kindOf(model).graphs(model))) await checkOnnxFile(join(folder, path)).catch((error: unknown) => problems.push(message(error)));
    } catch (error) {
      problems.push(message(error));
    }
  }
  if (problems.length === 0) return { ok: true };
  return { ok: false, error: `${problems.join('; ')}.`, hint: 'Install the model again: whole files are kept.' };
}
