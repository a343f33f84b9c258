import { randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fromWire, LlmiError, nearest } from '@llmi/core';
import { fileSize } from '../cache.js';
import { diskError } from '../download/disk.js';
import { folderName, safeName } from './folder-name.js';
import { installedModelSchema, type InstalledModel } from './installed-model.js';
import { freeCache } from './free-cache.js';
import { removeLeftovers } from './leftovers.js';
import { putOntoBases } from './put-onto-bases.js';
import { distinctNames, isHashLike } from './model-names.js';
import { writeModelFolder, type ExtraFiles } from './write-model-folder.js';

export interface StoreListing {
  models: InstalledModel[];
  /** Folders whose llmi.json cannot be read, and why. */
  broken: { folder: string; error: LlmiError }[];
}

export interface RemoveOptions {
  cacheDir: string;
  /** Only says what would be freed. */
  dryRun?: boolean;
  /** Leaves the files in the cache: installing the model again fetches nothing. */
  keepFiles?: boolean;
}

export interface RemoveResult {
  freedBytes: number;
  /** Paths that stay, because something else uses them or because they are the user's own. */
  kept: string[];
}

/** The installed models: one small folder each under `<home>/models`, installed when its llmi.json is there. */
export class ModelStore {
  readonly folder: string;

  constructor(home: string) {
    this.folder = join(home, 'models');
  }

  /** Every installed model, each by a name that means it alone; a broken one is reported and hides no other. */
  async list(): Promise<StoreListing> {
    const listing: StoreListing = { models: [], broken: [] };
    for (const name of await this.#folderNames()) {
      const folder = join(this.folder, name);
      if ((await fileSize(join(folder, 'llmi.json'))) === undefined) continue;
      try {
        listing.models.push(await readModel(folder));
      } catch (error) {
        listing.broken.push({ folder, error: LlmiError.from(error, 'MODEL_FILE_CORRUPT') });
      }
    }
    const onBase = await putOntoBases(listing.models);
    listing.models = onBase.models;
    listing.broken.push(...onBase.broken);
    const order = ({ name, info, asked }: InstalledModel) => `${name} ${info.quantization ?? ''} ${asked?.revision ?? ''}`;
    listing.models.sort((left, right) => order(left).localeCompare(order(right)));
    return { ...listing, models: distinguish(listing.models) };
  }

  /**
   * The model that `name` means: `org/name`, `org/name:Q8_0`, the last part alone when only one has it, or its folder.
   * @throws {LlmiError} MODEL_NOT_INSTALLED with the nearest name as hint; MODEL_AMBIGUOUS; MODEL_FILE_CORRUPT
   */
  async get(name: string): Promise<InstalledModel> {
    const byPath = await this.#byPath(name);
    if (byPath) return byPath;
    const { models, broken } = await this.list();
    const [, wanted = name, quantization, revision] = /^([^:@]+)(?::([^:@]+))?(?:@(.+))?$/.exec(name.trim()) ?? [];
    const asked = wanted.toLowerCase();
    const candidates = models
      .filter((model) => quantization === undefined || model.info.quantization?.toLowerCase() === quantization.toLowerCase())
      .filter((model) => revision === undefined || isAt(model, revision));
    const exact = candidates.filter((model) => [model.name, model.id, basename(model.folder)].some((known) => known.toLowerCase() === asked));
    const found = exact.length > 0 ? exact : candidates.filter((model) => model.id.split('/').at(-1)!.toLowerCase() === asked);
    const following = found.filter((model) => model.asked?.revision === undefined); // the plain name means the one of the main branch
    const chosen = following.length > 0 ? following : found;
    if (chosen.length === 1) return chosen[0]!;
    if (chosen.length > 1) throw ambiguous(name, chosen);
    const damaged = broken.find(({ folder }) => [folderName(wanted), wanted].includes(basename(folder)));
    throw damaged?.error ?? notInstalled(name, models);
  }

  /**
   * Keeps a model: `extraFiles` by name, then llmi.json, which makes it installed. A new folder appears whole or not at all; in one
   * that exists every file is replaced whole. `moved`: large files made elsewhere under `this.folder`, that move in, by name.
   * @throws {LlmiError} DISK_FULL, PERMISSION_DENIED
   */
  async write(model: Omit<InstalledModel, 'folder'>, extraFiles: ExtraFiles, moved: Record<string, string> = {}): Promise<InstalledModel> {
    const folder = await this.folderFor(model);
    try {
      await removeLeftovers(this.folder);
      await writeModelFolder(folder, installedModelSchema.parse(model), extraFiles, moved);
    } catch (error) {
      throw diskError(error, folder);
    }
    return this.get(folder);
  }

  /** Removes a model's folder, and from the cache the files that nothing else uses. A local model's own files stay. */
  async remove(name: string, { cacheDir, dryRun = false, keepFiles = false }: RemoveOptions): Promise<RemoveResult> {
    const model = await this.get(name);
    const adapters = (await this.list()).models.filter(({ adapter }) => adapter?.base === basename(model.folder));
    if (adapters.length > 0) throw hasAdapters(model, adapters);
    const aside = join(dirname(model.folder), `.${keepFiles ? 'staged' : 'removed'}-${randomUUID()}`);
    try {
      if (!dryRun) {
        await this.finishRemovals(cacheDir);
        await rename(model.folder, aside); // from here on it is not installed
      }
      const result = await this.#freed(model, { cacheDir, dryRun, keepFiles });
      if (!dryRun) await rm(aside, { recursive: true, force: true });
      return result;
    } catch (error) {
      throw diskError(error, model.folder);
    }
  }

  async #freed(model: InstalledModel, { cacheDir, dryRun, keepFiles }: RemoveOptions): Promise<RemoveResult> {
    if (model.converted) return { freedBytes: model.sizeBytes, kept: [] }; // it lay in the folder
    if (model.source !== 'hub' || keepFiles) return { freedBytes: 0, kept: [model.path] };
    return this.reclaim(model, { cacheDir, dryRun });
  }

  /**
   * Writes down that another commit will take the place of `former`: what only that one used leaves the cache at the next
   * `finishRemovals` after the other was written, whichever process comes to it.
   */
  async willReplace(former: InstalledModel): Promise<void> {
    const { folder, ...described } = former;
    try {
      await writeModelFolder(join(this.folder, `.replaced-${randomUUID()}`), described, {});
    } catch (error) {
      throw diskError(error, folder);
    }
  }

  /** Takes from the cache what removed and replaced models left there, those of killed processes too. Gives the bytes that it freed. */
  async finishRemovals(cacheDir: string): Promise<number> {
    let freedBytes = 0;
    for (const name of (await readdir(this.folder).catch(() => [])).filter((entry) => /^\.(removed|replaced)-/.test(entry))) {
      const folder = join(this.folder, name);
      const model = await readModel(folder).catch(() => undefined);
      if (model && name.startsWith('.replaced-') && (await this.#isListed(model))) continue; // its successor is still to be written
      if (model) freedBytes += (await this.#freed(model, { cacheDir })).freedBytes;
      await rm(folder, { recursive: true, force: true });
    }
    await removeLeftovers(this.folder);
    return freedBytes;
  }

  async #isListed({ id, revision, files }: InstalledModel): Promise<boolean> {
    const paths = files.map(({ path }) => path).join();
    return (await this.list()).models.some((other) => other.id === id && other.revision === revision && other.files.map(({ path }) => path).join() === paths);
  }

  /** Takes from the cache what only `model` used: one that is removed, its former commit, or files that were fetched for a while. */
  async reclaim(model: Pick<InstalledModel, 'id' | 'revision' | 'files'> & { folder?: string }, { cacheDir, dryRun = false }: RemoveOptions): Promise<RemoveResult> {
    const { models } = await this.list();
    const others = dryRun ? models.filter((other) => other.folder !== model.folder) : models; // else what is listed is what stays
    return freeCache(model, others, cacheDir, { dryRun });
  }

  async #folderNames(): Promise<string[]> {
    const names = await readdir(this.folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      const hint = 'Check its owner and mode, or set LLMI_HOME.';
      throw new LlmiError('PERMISSION_DENIED', { message: `The folder ${this.folder} cannot be read.`, hint, cause: error });
    });
    return names.filter((name) => !name.startsWith('.'));
  }

  async #byPath(name: string): Promise<InstalledModel | undefined> {
    if (!/^(\.{0,2}[/\\]|\.{1,2}$|[a-z]:[/\\])/i.test(name)) return undefined;
    const folder = resolve(name);
    const { models } = await this.list();
    const here = models.find((model) => model.folder === folder);
    if (here) return here;
    if ((await fileSize(join(folder, 'llmi.json'))) !== undefined) return readModel(folder); // of another home
    const holds = (model: InstalledModel) => model.source === 'file' && model.files.some((file) => resolve(model.path, file.path) === folder);
    return models.find((model) => resolve(model.path) === folder || holds(model));
  }

  /**
   * Where a model lies or will lie: `org--name` for the first of a repository, `org--name--Q4_K_M` for another quantization, a number
   * for another model of the same name.
   */
  async folderFor(model: Omit<InstalledModel, 'folder'>): Promise<string> {
    const plain = folderName(model.id);
    const quantized = model.info.quantization === undefined ? plain : `${plain}--${safeName(model.info.quantization)}`;
    const { models } = await this.list();
    const same = models.find((other) => isSame(other, model));
    if (same) return same.folder;
    const taken = new Set(models.map(({ folder }) => folder));
    for (let number = 0; ; number++) {
      const folder = join(this.folder, number === 0 ? plain : number === 1 ? quantized : `${quantized}--${number}`);
      if (!taken.has(folder)) return folder;
    }
  }
}

/** True for two descriptions of one model: installing it again replaces it. */
function isSame(left: Omit<InstalledModel, 'folder'>, right: Omit<InstalledModel, 'folder'>): boolean {
  if (left.id !== right.id || left.info.quantization !== right.info.quantization) return false;
  if ((left.converted === undefined) !== (right.converted === undefined) || left.asked?.revision !== right.asked?.revision) return false;
  return left.converted !== undefined || left.source === 'hub' || left.path === right.path;
}

/** True for a model of this branch, tag or commit; a commit may be shortened. */
function isAt({ asked, revision: commit }: InstalledModel, revision: string): boolean {
  return asked?.revision === revision || (isHashLike(revision) && commit?.startsWith(revision) === true) || (revision === 'main' && asked?.revision === undefined);
}

/** @throws {LlmiError} MODEL_FILE_CORRUPT naming the folder */
async function readModel(folder: string): Promise<InstalledModel> {
  const file = join(folder, 'llmi.json');
  try {
    return { ...fromWire(installedModelSchema, JSON.parse(await readFile(file, 'utf8'))), folder };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LlmiError('MODEL_FILE_CORRUPT', {
      message: `${file} cannot be read: ${reason}`,
      hint: 'Install the model again, or remove the folder.',
      cause,
    });
  }
}

/** The models by names that mean one each. */
function distinguish(models: readonly InstalledModel[]): InstalledModel[] {
  const names = distinctNames(models.map(({ name, info, asked, folder }) => ({ name, quantization: info.quantization, revision: asked?.revision, folderName: basename(folder) })));
  return models.map((model, index) => (model.name === names[index] ? model : { ...model, name: names[index]! }));
}

function hasAdapters({ name }: InstalledModel, adapters: readonly InstalledModel[]): LlmiError {
  const names = adapters.map((adapter) => adapter.name).join(', ');
  return new LlmiError('MODEL_IN_USE', { message: `${name} is the base of ${names}.`, hint: `Remove ${adapters.length === 1 ? 'that' : 'those'} first.` });
}

function ambiguous(name: string, found: readonly InstalledModel[]): LlmiError {
  return new LlmiError('MODEL_AMBIGUOUS', { message: `"${name}" can mean ${found.length} installed models.`, hint: `Use one of: ${found.map((model) => model.name).join(', ')}.` });
}

function notInstalled(name: string, models: readonly InstalledModel[]): LlmiError {
  const names = [...new Set(models.flatMap((model) => [model.name, model.id.split('/').at(-1)!]))];
  const near = nearest(name, names) ?? names.find((known) => known.toLowerCase().includes(name.toLowerCase()));
  const installed = models.length === 0 ? 'No model is installed yet.' : `Installed: ${[...new Set(models.map((model) => model.name))].slice(0, 10).join(', ')}.`;
  return new LlmiError('MODEL_NOT_INSTALLED', {
    message: `The model "${name}" is not installed.`,
    hint: near === undefined ? `Install it with: llmi install ${name}. ${installed}` : `Did you mean ${near}? Otherwise: llmi install ${name}`,
  });
}
