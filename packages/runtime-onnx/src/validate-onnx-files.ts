import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { chosenFiles, LlmiError, type ModelInfo, type Validation } from '@llmi/core';
import { checkOnnxFile } from './external-data.js';

/** Compares the files in `folder` with what is known of them, and looks into the graphs. Names everything that is wrong. */
export async function validateOnnxFiles(model: ModelInfo, folder: string): Promise<Validation> {
  const problems: string[] = [];
  const files = chosenFiles(model);
  for (const { path, sizeBytes } of files) {
    const status = await stat(join(folder, path)).catch(() => undefined);
    if (!status?.isFile()) problems.push(`${path} is missing`);
    else if (status.size !== sizeBytes) problems.push(`${path} has ${status.size} bytes instead of ${sizeBytes}`);
  }
  if (problems.length === 0) {
    const graphs = files.filter(({ path }) => /\.onnx$/i.test(path));
    if (graphs.length === 0) problems.push('there is no .onnx file');
    for (const { path } of graphs) {
      await checkOnnxFile(join(folder, path)).catch((error: unknown) => problems.push(LlmiError.from(error).message.replace(/\.$/, '')));
    }
  }
  if (problems.length === 0) return { ok: true };
  return { ok: false, error: `${problems.join('; ')}.`, hint: 'Install the model again: whole files are kept.' };
}
