import { join } from 'node:path';
import type { OutputType } from '@llmi/convert';
import { chosenFiles, LlmiError, type HandlerRegistry } from '@llmi/core';
import { missingFiles, ModelStore, parseReference, type InstalledModel } from '@llmi/hub';
import type { InstallOptions } from '../contract.js';
import { convertModel } from '../conversion/convert-model.js';
import { installAny } from '../conversion/install-any.js';
import { installModel } from '../install.js';
import type { Settings } from '../settings.js';
import type { ProjectInstallOptions, ProjectModel } from './contract.js';
import { differingFiles, isLocked, lockEntry, lockFileName, readLock, sameEntry, writeLock, type LockedModels, type LockEntry } from './lock-file.js';
import type { ProjectManifest } from './project-manifest.js';

interface Context {
  project: ProjectManifest;
  registry: HandlerRegistry;
  settings: Settings;
  options: InstallOptions;
}

/**
 * Installs what a project declares: what llmi.lock has at its commit, the rest at the newest, and writes llmi.lock when all is there.
 * @throws {LlmiError} CONFIG_INVALID where `frozen` is set and manifest and lock differ; DOWNLOAD_CORRUPT when the hub's files at a
 * commit are not those of the lock; as `installModel`
 */
export async function installProject(project: ProjectManifest, registry: HandlerRegistry, settings: Settings, options: ProjectInstallOptions): Promise<ProjectModel[]> {
  const locked = await readLock(project.folder);
  if (options.frozen) refuseDifference(project, locked);
  const models: ProjectModel[] = [];
  const entries: LockedModels = {};
  for (const [alias, reference] of Object.entries(project.models)) {
    const context: Context = { project, registry, settings, options: { ...options, onEvent: (event) => options.onEvent?.({ ...event, alias }) } };
    const former = locked[alias];
    const isFollowed = former !== undefined && former.reference === reference && !options.renew;
    const installed = isFollowed ? await installLocked(former, context) : await installNewest(reference, context);
    const entry = lockEntry(reference, installed);
    if (options.frozen && !sameEntry(former!, entry)) throw differs(project, [`"${alias}" has other files`]);
    entries[alias] = entry;
    models.push({ alias, reference, installed, lock: former === undefined ? 'added' : sameEntry(former, entry) ? 'kept' : 'changed' });
  }
  if (!options.frozen) await writeLock(project.folder, entries);
  return models;
}

function refuseDifference(project: ProjectManifest, locked: LockedModels): void {
  const declared = project.models;
  const differences = [
    ...Object.keys(declared).filter((alias) => !locked[alias]).map((alias) => `it lacks "${alias}"`),
    ...Object.keys(locked).filter((alias) => declared[alias] === undefined).map((alias) => `it has "${alias}", which package.json has not`),
    ...Object.keys(declared).filter((alias) => locked[alias] && locked[alias].reference !== declared[alias]).map((alias) => `"${alias}" is ${locked[alias]!.reference} there`),
  ];
  if (differences.length > 0) throw differs(project, differences);
}

function differs({ file, folder }: ProjectManifest, differences: string[]): LlmiError {
  return new LlmiError('CONFIG_INVALID', {
    message: `${join(folder, lockFileName)} does not fit ${file}: ${differences.join('; ')}.`,
    hint: 'Run "llmi install" without --frozen, and put the new llmi.lock under version control.',
  });
}

function installNewest(reference: string, { project, registry, settings, options }: Context): Promise<InstalledModel> {
  return installAny(parseReference(reference, project.folder), registry, settings, options);
}

/**
 * The model of a lock: the installed one when it is that and whole, without asking anybody; else fetched at its commit. Where the same
 * model is installed at another commit for others, this one stands beside it.
 */
async function installLocked(entry: LockEntry, context: Context): Promise<InstalledModel> {
  const { project, registry, settings, options } = context;
  const { models } = await new ModelStore(settings.home).list();
  const present = models.find((model) => isLocked(model, entry));
  if (present && (await missingFiles(present.path, present.files)).length === 0) { // what the content is, `llmi fix` tells
    options.onEvent?.({ type: 'done', model: present, alreadyInstalled: true });
    return present;
  }
  if (entry.revision === undefined) return installNewest(entry.reference, context);
  const asked = parseReference(entry.reference, project.folder);
  const own = asked.kind === 'hub' && asked.id === entry.id ? asked.revision : undefined;
  const isTaken = models.some((model) => model.id === entry.id && model.info.quantization === entry.quantization && model.revision !== entry.revision && model.asked?.revision === own);
  const reference = { kind: 'hub', id: entry.id, quantization: entry.quantization, revision: isTaken ? entry.revision : own } as const;
  if (entry.converted !== undefined) {
    const { model } = await convertModel({ ...reference, revision: entry.revision }, registry, settings, {
      ...options,
      type: entry.converted as OutputType, // as a conversion wrote it down
      asked: reference.revision === undefined ? undefined : { revision: reference.revision },
    });
    return model!;
  }
  const accept: Parameters<typeof installModel>[3]['accept'] = (model) => {
    const different = differingFiles(entry, chosenFiles(model));
    if (different.length > 0) throw notAsLocked(entry, different);
  };
  return installModel(reference, registry, settings, { ...options, commit: entry.revision, accept });
}

function notAsLocked({ id, revision }: LockEntry, files: string[]): LlmiError {
  return new LlmiError('DOWNLOAD_CORRUPT', {
    message: `${id} at ${revision?.slice(0, 12)} is not as llmi.lock has it: ${files.join(', ')}.`,
    hint: 'Nothing was fetched. If you trust the new files, take them with: llmi install --renew',
  });
}
