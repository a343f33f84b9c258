import { dirname, resolve } from 'node:path';
import { LlmiError, modelInfoSchema, type HandlerRegistry, type ModelInfo } from '@llmi/core';
import { download, ModelStore, type InstalledModel, type ModelReference } from '@llmi/hub';
import { checkModel, type Checked } from './check.js';
import type { CheckReport, InstallOptions } from './contract.js';
import type { Settings } from './settings.js';
import { startScripts } from './start-script.js';

type LocalReference = Extract<ModelReference, { kind: 'folder' | 'file' }>;

/**
 * Installs a model. Nothing is written to the llmi home before every file is there and sound.
 * Phases: 1 check, 2 fit, 3 files, 4 validate, 5 write llmi.json last.
 * @throws {LlmiError} MEMORY_INSUFFICIENT and DISK_FULL before anything is fetched, unless `force`
 */
export async function installModel(reference: ModelReference, registry: HandlerRegistry, settings: Settings, options: InstallOptions): Promise<InstalledModel> {
  const { signal, onEvent = () => {} } = options;
  const checked = await checkModel(reference, registry, settings, options); // 1
  const { report, handler } = checked;
  onEvent({ type: 'check', report });
  const store = new ModelStore(settings.home);
  const present = await findSame(store, report.model, reference);
  if (!report.verdict.fits && !options.force && !present) throw doesNotFit(report.verdict); // 2
  const path = await fetchFiles(reference, report.model, settings, options); // 3
  onEvent({ type: 'validate' });
  const validation = await handler.validateModelFiles(path); // 4
  if (!validation.ok) throw new LlmiError('MODEL_FILE_CORRUPT', { message: validation.error, hint: validation.hint });
  signal?.throwIfAborted();
  const model = await store.write(describeInstalled(checked, path), scriptsFor(report.model, settings)); // 5
  onEvent({ type: 'done', model, alreadyInstalled: present !== undefined });
  return model;
}

/** An installed model made from the same files: of the same commit, or in the same place. */
async function findSame(store: ModelStore, model: ModelInfo, reference: ModelReference): Promise<InstalledModel | undefined> {
  const { models } = await store.list();
  const path = reference.kind === 'hub' ? undefined : localFolder(reference);
  return models.find(
    (other) =>
      other.id === model.id &&
      (path === undefined ? other.revision === model.revision : other.path === path) &&
      other.info.chosenFiles.join() === model.chosenFiles.join(),
  );
}

function doesNotFit({ lacks, reason, hint }: CheckReport['verdict']): LlmiError {
  const code = lacks === 'disk' ? 'DISK_FULL' : 'MEMORY_INSUFFICIENT';
  return new LlmiError(code, { message: reason, hint: `${hint ?? ''} Add --force to install it all the same.`.trim() });
}

/** The folder that the handler loads from: the hub's cache, or where a local model lies. */
async function fetchFiles(reference: ModelReference, model: ModelInfo, settings: Settings, { signal, onEvent }: InstallOptions): Promise<string> {
  if (reference.kind === 'hub') return download(model, settings.hub, { signal, onProgress: (progress) => onEvent?.({ type: 'download', progress }) });
  return localFolder(reference);
}

function localFolder({ path, kind }: LocalReference): string {
  return kind === 'file' ? dirname(resolve(path)) : resolve(path);
}

function scriptsFor({ id, quantization }: ModelInfo, settings: Settings) {
  const modelName = quantization === undefined ? id : `${id}:${quantization}`; // another quantization may be installed beside it
  return startScripts({ modelName, installationDir: settings.installationDir, nodePath: process.execPath });
}

/** What llmi.json will say. */
function describeInstalled({ report, registered }: Checked, path: string): Omit<InstalledModel, 'folder'> {
  const { model, requirements } = report;
  const chosen = new Set(model.chosenFiles);
  const files = model.files.filter((file) => chosen.has(file.path));
  return {
    name: model.id,
    id: model.id,
    revision: model.revision,
    source: model.source,
    path,
    handler: { package: registered.package, name: registered.manifest.name, version: registered.version },
    info: modelInfoSchema.parse(model),
    tasks: report.capabilities.tasks,
    requirements,
    files,
    sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    installedAt: new Date().toISOString(),
    settings: {},
  };
}

/** A model that is served without being installed: the same description, kept in memory. */
export async function describeLocal(reference: LocalReference, registry: HandlerRegistry, settings: Settings): Promise<InstalledModel> {
  const checked = await checkModel(reference, registry, settings, {});
  const path = localFolder(reference);
  const validation = await checked.handler.validateModelFiles(path);
  if (!validation.ok) throw new LlmiError('MODEL_FILE_CORRUPT', { message: validation.error, hint: validation.hint });
  return { ...describeInstalled(checked, path), folder: '' };
}
