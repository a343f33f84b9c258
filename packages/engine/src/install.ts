import { dirname, resolve } from 'node:path';
import { LlmiError, type HandlerRegistry, type ModelInfo } from '@llmi/core';
import { download, ModelStore, type InstalledModel, type ModelReference } from '@llmi/hub';
import { checkModel } from './check.js';
import type { CheckReport, InstallOptions } from './contract.js';
import { examineDependencies } from './doctor/dependencies.js';
import { checkedAfterDownload } from './installed/after-download.js';
import { describeInstalled, keepModel } from './installed/keep-model.js';
import type { Settings } from './settings.js';

type LocalReference = Extract<ModelReference, { kind: 'folder' | 'file' }>;

/** What decides beside the options of a person: a lock file may want another commit than the one that is asked for. */
interface InstallOrder extends InstallOptions {
  /** Commit to take instead of where the branch stands. */
  commit?: string;
  /** Called with the facts of every chosen file before anything is fetched; throws to refuse them. */
  accept?: (model: ModelInfo) => void;
}

/**
 * Installs a model. Nothing is written to the llmi home before every file is there and sound.
 * Phases: 1 check, 2 fit, 3 files, 4 validate, 5 write llmi.json last.
 * @throws {LlmiError} MEMORY_INSUFFICIENT and DISK_FULL before anything is fetched, unless `force`
 */
export async function installModel(reference: ModelReference, registry: HandlerRegistry, settings: Settings, options: InstallOrder): Promise<InstalledModel> {
  const { signal, onEvent = () => {}, commit } = options;
  const checked = await checkModel(reference.kind === 'hub' && commit !== undefined ? { ...reference, revision: commit } : reference, registry, settings, options); // 1
  const { report, handler, registered } = checked;
  onEvent({ type: 'check', report });
  options.accept?.(report.model);
  const lacking = (await examineDependencies(handler.getDependencies(), registered.folder)).filter(({ status }) => status !== 'ok');
  if (lacking.length > 0) onEvent({ type: 'dependencies', lacking });
  const store = new ModelStore(settings.home);
  const present = await findSame(store, report.model, reference);
  if (!report.verdict.fits && !options.force && !present) throw doesNotFit(report.verdict); // 2
  const path = await fetchFiles(reference, report.model, settings, options); // 3
  onEvent({ type: 'validate' });
  const validation = await handler.validateModelFiles(path); // 4
  if (!validation.ok) throw new LlmiError('MODEL_FILE_CORRUPT', { message: validation.error, hint: validation.hint });
  const complete = reference.kind === 'hub' ? await checkedAfterDownload(checked, registry, path, signal) : checked;
  signal?.throwIfAborted();
  const { model } = await keepModel(store, { ...describeInstalled(complete, path), ...askedOf(reference, options) }, settings); // 5
  onEvent({ type: 'done', model, alreadyInstalled: present !== undefined });
  return model;
}

/** What an update will follow. */
export function askedOf(reference: ModelReference, { file }: Pick<InstallOptions, 'file'>): Pick<InstalledModel, 'asked'> {
  const revision = reference.kind === 'hub' && reference.revision !== 'main' ? reference.revision : undefined;
  return revision === undefined && file === undefined ? {} : { asked: { revision, file } };
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

export function localFolder({ path, kind }: LocalReference): string {
  return kind === 'file' ? dirname(resolve(path)) : resolve(path);
}

/** A model that is served without being installed: the same description, kept in memory. */
export async function describeLocal(reference: LocalReference, registry: HandlerRegistry, settings: Settings): Promise<InstalledModel> {
  const checked = await checkModel(reference, registry, settings, {});
  const path = localFolder(reference);
  const validation = await checked.handler.validateModelFiles(path);
  if (!validation.ok) throw new LlmiError('MODEL_FILE_CORRUPT', { message: validation.error, hint: validation.hint });
  return { ...describeInstalled(checked, path), folder: '' };
}
