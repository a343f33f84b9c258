import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jsonFile, type ModelInfo } from '@llmi/core';
import type { LabelNames } from './tasks/vision-task.js';

/** A text file with one class per line, beside models that have no config.json. */
const labelFile = /^[\w.-]*(labels|classes)[\w.-]*\.txt$/i;

/** The names of a model's classes: `id2label` of config.json, or a file of names. Others are called LABEL_0, LABEL_1 ..., as in Python. */
export async function readLabelNames(model: ModelInfo, folder: string): Promise<LabelNames> {
  const config = jsonFile(model, 'config.json');
  const given = config?.id2label ?? (config?.pretrained_cfg as { label_names?: unknown } | undefined)?.label_names ?? config?.label_names;
  const names = typeof given === 'object' && given !== null ? new Map(Object.entries(given).map(([id, name]) => [Number(id), String(name)])) : await namesOfFile(model, folder);
  return { count: names.size, nameOf: (index) => names.get(index) ?? `LABEL_${index}` };
}

async function namesOfFile({ files }: ModelInfo, folder: string): Promise<Map<number, string>> {
  const file = files.find(({ path }) => labelFile.test(path));
  if (!file) return new Map();
  const text = await readFile(join(folder, file.path), 'utf8');
  return new Map(text.trimEnd().split(/\r?\n/).map((line, index) => [index, line.trim()]));
}
