import { basename, join } from 'node:path';
import type { OutputType } from '@llmi/convert';
import { LlmiError, type HandlerRegistry } from '@llmi/core';
import { folderName, inspect, parseReference, type InstalledModel, type ModelReference, type ModelStore } from '@llmi/hub';
import { adapterOf } from '../adapters/adapter.js';
import { installAdapter } from '../adapters/install-adapter.js';
import type { InstallEvent, InstallOptions } from '../contract.js';
import { convertModel } from '../conversion/convert-model.js';
import { installAny } from '../conversion/install-any.js';
import { installModel } from '../install.js';
import type { Settings } from '../settings.js';
import type { CareOptions, ModelFix, ModelUpdate } from './contract.js';
import { fixModel, readRemains } from './fix-model.js';
import { updateModel } from './update-model.js';

/** Updates and fixes installed models, one after another. A failure of the only one is thrown, of one among several it is reported. */
export class ModelCare {
  constructor(
    private readonly store: ModelStore,
    private readonly registry: HandlerRegistry,
    private readonly settings: Settings,
  ) {}

  async update(names: string[], options: CareOptions): Promise<ModelUpdate[]> {
    await this.#finishFormer(options);
    const models = await this.#named(names);
    return this.#each(models, names, options, {
      work: (model) => updateModel(model, this.store, this.registry, this.settings, options, (again, commit) => this.#convertAgain(again, options, commit)),
      failed: ({ name, revision }, error): ModelUpdate => ({ name, status: 'failed', from: revision, changes: [], downloadBytes: 0, freedBytes: 0, error }),
    });
  }

  async fix(names: string[], options: CareOptions): Promise<ModelFix[]> {
    await this.#finishFormer(options);
    const { broken } = await this.store.list();
    const means = (name: string, folder: string) => [folder, basename(folder)].includes(name) || basename(folder) === folderName(name);
    const damaged = broken.filter(({ folder }) => names.length === 0 || names.some((name) => means(name, folder)));
    const models = await this.#named(names.filter((name) => !damaged.some(({ folder }) => means(name, folder))), names.length === 0);
    const fixes = await this.#each(models, names, options, {
      work: (model) => fixModel(model, this.store, this.registry, this.settings, options, (again) => this.#convertAgain(again, options)),
      failed: ({ name }, error): ModelFix => ({ name, status: 'failed', broken: [], fetchedBytes: 0, error }),
    });
    const restored = await this.#each(damaged.map(({ folder, error }) => ({ name: folder, error })), names, options, {
      work: ({ name: folder, error }) => this.#restore(folder, error, options),
      failed: ({ name }, error): ModelFix => ({ name, status: 'failed', broken: [{ path: 'llmi.json', problem: 'content' }], fetchedBytes: 0, error }),
    });
    return [...fixes, ...restored];
  }

  /** What processes that were killed had still to free. */
  async #finishFormer({ check }: CareOptions): Promise<void> {
    if (!check) await this.store.finishRemovals(this.settings.hub.cacheDir);
  }

  async #named(names: string[], all = names.length === 0): Promise<InstalledModel[]> {
    if (all) return basesFirst((await this.store.list()).models);
    const models: InstalledModel[] = [];
    for (const name of names) models.push(await this.store.get(name));
    return models;
  }

  async #each<Item, Report>(
    items: readonly Item[],
    names: string[],
    { signal }: CareOptions,
    { work, failed }: { work: (item: Item) => Promise<Report>; failed: (item: Item, error: LlmiError) => Report },
  ): Promise<Report[]> {
    const reports: Report[] = [];
    for (const item of items) {
      signal?.throwIfAborted();
      try {
        reports.push(await work(item));
      } catch (error) {
        if (signal?.aborted || names.length === 1) throw error;
        reports.push(failed(item, LlmiError.from(error)));
      }
    }
    return reports;
  }

  /** Installs again what a folder without a readable llmi.json still tells of. */
  async #restore(folder: string, cause: Error, { check, signal, onEvent }: CareOptions): Promise<ModelFix> {
    const report: ModelFix = { name: folder, status: 'broken', broken: [{ path: 'llmi.json', problem: 'content' }], fetchedBytes: 0 };
    if (check) return report;
    const remains = await readRemains(folder);
    if (!remains) throw cause;
    const { reference, commit } = remains;
    const model = await installModel(parseReference(reference, '/'), this.registry, this.settings, {
      commit,
      force: true, // it was installed
      signal,
      onEvent: (event) => event.type === 'download' && onEvent?.({ ...event, name: reference }),
    });
    return { ...report, name: model.name, status: 'fixed' };
  }

  async #convertAgain({ name, id, revision, converted, adapter, asked }: InstalledModel, { signal, onEvent: tell }: CareOptions, commit = revision): Promise<void> {
    const { from, type } = converted!;
    const reference = parseReference(from === id && commit !== undefined ? `${id}@${commit}` : from, '/');
    const onEvent = (event: InstallEvent) => {
      if (event.type === 'download' || event.type === 'convert') tell?.({ ...event, name });
    };
    if (adapter) return this.#adaptAgain(reference, join(this.store.folder, adapter.base), { asked, signal, onEvent });
    await convertModel(reference, this.registry, this.settings, { type: type as OutputType, asked, signal, onEvent }); // the type as a conversion wrote it down
  }

  async #adaptAgain(reference: ModelReference, base: string, options: Pick<InstallOptions, 'signal' | 'onEvent'> & Pick<InstalledModel, 'asked'>): Promise<void> {
    const facts = await inspect(reference, this.settings.hub, options);
    const adapter = adapterOf(facts);
    if (!adapter) throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: `${facts.id} is no adapter any more.`, hint: `Look at what it is now: llmi check ${facts.id}` });
    const installBase = (missing: ModelReference) => installAny(missing, this.registry, this.settings, options);
    await installAdapter(facts, adapter, { ...options, base, reference, settings: this.settings, installBase });
  }
}

/** An adapter is looked at when its base is sound. */
const basesFirst = (models: InstalledModel[]) => [...models.filter(({ adapter }) => !adapter), ...models.filter(({ adapter }) => adapter)];
