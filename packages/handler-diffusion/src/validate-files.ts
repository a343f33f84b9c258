import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { chosenFiles, jsonFile, LlmiError, type ModelInfo, type Validation } from '@llmi/core';
import { checkOnnxFile } from '@llmi/runtime-onnx';
import { componentFiles } from './components/component-files.js';
import { findFamily } from './families/families.js';
import { createScheduler } from './schedulers/create-scheduler.js';
import { parseSchedulerConfig } from './schedulers/parse-scheduler-config.js';

/** Compares the files in `folder` with what is known of them, and looks into graphs and configurations. Names everything that is wrong. */
export async function validateFiles(model: ModelInfo, folder: string): Promise<Validation> {
  const problems: string[] = [];
  for (const { path, sizeBytes } of chosenFiles(model)) {
    const status = await stat(join(folder, path)).catch(() => undefined);
    if (!status?.isFile()) problems.push(`${path} is missing`);
    else if (status.size !== sizeBytes) problems.push(`${path} has ${status.size} bytes instead of ${sizeBytes}`);
  }
  if (problems.length === 0) {
    const files = componentFiles(model);
    const collect = (error: unknown) => problems.push(LlmiError.from(error).message.replace(/\.$/, ''));
    for (const { path } of files) await checkOnnxFile(join(folder, path)).catch(collect);
    try {
      const { required } = findFamily(model.pipelineClass ?? jsonFile(model, 'model_index.json')?._class_name);
      for (const name of [...required, 'vae_decoder']) if (!files.some(({ component }) => component === name)) problems.push(`the part "${name}" has no ONNX file`);
      createScheduler(parseSchedulerConfig(await readFile(join(folder, 'scheduler', 'scheduler_config.json'), 'utf8')));
    } catch (error) {
      collect((error as NodeJS.ErrnoException).code === 'ENOENT' ? new Error('scheduler/scheduler_config.json is missing') : error);
    }
  }
  if (problems.length === 0) return { ok: true };
  return { ok: false, error: `${problems.join('; ')}.`, hint: 'Install the model again: whole files are kept.' };
}
