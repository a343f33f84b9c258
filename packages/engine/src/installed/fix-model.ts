import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { LlmiError, type HandlerRegistry } from '@llmi/core';
import { download, filesFolder, verifyFiles, type InstalledModel, type ModelStore } from '@llmi/hub';
import { handlerOf } from '../load-order.js';
import type { Settings } from '../settings.js';
import type { CareOptions, ModelFix } from './contract.js';
import { keepModel } from './keep-model.js';

/** Makes a converted model again, from the commit that it was made of or another. */
export type ConvertAgain = (model: InstalledModel, commit?: string) => Promise<void>;

/**
 * Compares every file of an installed model with its hash, fetches again what is broken and nothing else, and writes llmi.json and the
 * start scripts anew. Phases: 1 verify, 2 fetch, 3 validate, 4 write.
 * @throws {LlmiError} MODEL_FILE_MISSING for a local model, whose files nobody else has; and as `download`
 */
export async function fixModel(
  model: InstalledModel,
  store: ModelStore,
  registry: HandlerRegistry,
  settings: Settings,
  { check, signal, onEvent }: CareOptions,
  convertAgain: ConvertAgain,
): Promise<ModelFix> {
  const { name } = model;
  const broken = await verifyFiles(filesFolder(model), model.files, { signal, onProgress: (progress) => onEvent?.({ type: 'verify', name, progress }) }); // 1
  const report: ModelFix = { name, status: broken.length === 0 ? 'sound' : 'broken', broken, fetchedBytes: 0 };
  if (check) return report;
  if (broken.length > 0 && model.converted) {
    await convertAgain(model);
    return { ...report, status: 'fixed' };
  }
  let { path } = model;
  if (broken.length > 0) { // 2
    if (model.source !== 'hub') throw notOurs(model, broken.map((file) => file.path));
    const info = { ...model.info, chosenFiles: broken.map((file) => file.path) };
    path = await download(info, settings.hub, { verify: true, signal, onProgress: (progress) => onEvent?.({ type: 'download', name, progress }) });
    report.fetchedBytes = model.files.filter((file) => info.chosenFiles.includes(file.path)).reduce((sum, file) => sum + file.sizeBytes, 0);
  }
  const registered = handlerOf(registry, { name, installed: model, temporary: false });
  const handler = (await registry.load(registered)).create(model.info);
  const validation = await handler.validateModelFiles(path); // 3
  if (!validation.ok) throw new LlmiError('MODEL_FILE_CORRUPT', { message: validation.error, hint: validation.hint });
  const requirements = await handler.analyze();
  signal?.throwIfAborted();
  await keepModel(store, { ...model, name: model.id, path, requirements, handler: { ...model.handler, version: registered.version } }, settings); // 4
  return { ...report, status: broken.length > 0 ? 'fixed' : 'sound' };
}

function notOurs({ name, path }: InstalledModel, files: string[]): LlmiError {
  return new LlmiError('MODEL_FILE_MISSING', {
    message: `${name} lacks files, or has wrong ones: ${files.join(', ')}.`,
    hint: `They are your own: put them back into ${path}, or remove the model: llmi remove ${name}`,
  });
}

/** What a model's folder still tells of what was installed there, when its llmi.json cannot be read: a reference, and the commit. */
export async function readRemains(folder: string): Promise<{ reference: string; commit?: string } | undefined> {
  const text = await readFile(join(folder, 'llmi.json'), 'utf8').catch(() => '');
  const value = (key: string) => new RegExp(`"${key}":\\s*"([^"\\\\]+)"`).exec(text)?.[1];
  const [id, quantization, commit] = [value('id'), value('quantization'), value('revision')];
  if (value('source') === 'hub' && id !== undefined) return { reference: quantization === undefined ? id : `${id}:${quantization}`, commit };
  const readme = await readFile(join(folder, 'README.md'), 'utf8').catch(() => '');
  const title = /^# ([\w.-]+\/[\w.-]+(?::[\w.-]+)?)$/m.exec(readme)?.[1]; // as the start scripts' README begins
  return title === undefined || basename(folder).startsWith('local--') ? undefined : { reference: title, commit };
}
