import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LlmiError } from '@llmi/core';
import { parseReference, type InstalledModel, type ModelStore } from '@llmi/hub';
import { isLocked, lockFileName, readLock, type LockedModels } from './lock-file.js';
import { findProject, readProjectManifest, type ProjectManifest } from './project-manifest.js';

interface Known {
  stamp: string;
  manifest: ProjectManifest | undefined;
  locked: LockedModels;
}

/** What the names of a project's models mean; its files are read again when they change. */
export class ProjectModels {
  readonly #folder: string | undefined;
  #known: Known | undefined;

  constructor(projectDir: string | undefined) {
    this.#folder = projectDir === undefined ? undefined : findProject(projectDir);
  }

  /** What tells that a name may mean another model now. */
  get stamp(): string {
    const folder = this.#folder;
    return folder === undefined ? '' : ['package.json', lockFileName].map((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs).join();
  }

  /** @throws {LlmiError} CONFIG_INVALID */
  async manifest(): Promise<ProjectManifest | undefined> {
    return (await this.#read())?.manifest;
  }

  /**
   * The installed model that the project calls `alias`, at the commit of its lock; undefined for no name of the project's.
   * @throws {LlmiError} MODEL_NOT_INSTALLED with the cure
   */
  async find(alias: string, store: ModelStore): Promise<InstalledModel | undefined> {
    const known = await this.#read();
    const reference = known?.manifest && Object.hasOwn(known.manifest.models, alias) ? known.manifest.models[alias] : undefined;
    if (reference === undefined) return undefined;
    const { manifest, locked } = known!;
    const entry = locked[alias]?.reference === reference ? locked[alias] : undefined;
    if (entry) {
      const found = (await store.list()).models.find((model) => isLocked(model, entry));
      if (found) return found;
    } else {
      const parsed = parseReference(reference, manifest!.folder);
      const found = await store.get(parsed.kind === 'hub' ? reference : resolve(manifest!.folder, parsed.path)).catch(() => undefined);
      if (found) return found;
    }
    throw new LlmiError('MODEL_NOT_INSTALLED', {
      message: `"${alias}" of this project (${reference}${entry?.revision === undefined ? '' : ` at ${entry.revision.slice(0, 12)}`}) is not installed.`,
      hint: 'Install what the project declares: llmi install',
      param: 'model',
    });
  }

  async #read(): Promise<Known | undefined> {
    if (this.#folder === undefined) return undefined;
    const { stamp } = this;
    if (this.#known?.stamp !== stamp) this.#known = { stamp, manifest: await readProjectManifest(this.#folder), locked: await readLock(this.#folder) };
    return this.#known;
  }
}
