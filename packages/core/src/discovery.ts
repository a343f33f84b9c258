import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { handlerApiVersion, packageManifestSchema, type HandlerManifest } from './manifest.js';

/** Where a handler package was found. */
export type HandlerOrigin = 'project' | 'home' | 'installation';

/** A package that introduces itself as one with handlers. Nothing of it has been run. */
export interface HandlerPackage {
  name: string;
  version: string;
  folder: string;
  origin: HandlerOrigin;
  handlers: HandlerManifest[];
}

/** A package whose `llmi` field cannot be used, and why. Reported, never fatal. */
export interface DiscoveryProblem {
  package: string;
  folder: string;
  problem: string;
}

export interface DiscoverOptions {
  /** The project one stands in: it may be a handler itself; its node_modules and those of the folders above it are read. */
  projectDir?: string;
  /** The llmi home: `<home>/handlers/node_modules` is read, and the cache kept under `<home>/cache`. */
  home?: string;
  /** The llmi installation, for the handlers it brings along. */
  installationDir?: string;
}

/** What one package.json says to us. `stamp` tells whether the file changed since. */
interface CacheEntry {
  stamp: string; // '' when there is no such file
  found: { name: string; version: string; handlers?: HandlerManifest[]; problem?: string } | null; // null: no handler package
}

/** Raised when CacheEntry or the manifest changes, so that an older cache is not believed. */
const cacheVersion = 2;

/** Beyond this many entries those of other projects are forgotten: reading them would cost more than they save. */
const cacheLimit = 5000;

/**
 * Finds handler packages by reading package.json files, and runs nothing of them. A package found twice counts once: that of
 * the project before that of the home before that of the installation.
 */
export async function discoverHandlers(options: DiscoverOptions): Promise<{ packages: HandlerPackage[]; problems: DiscoveryProblem[] }> {
  const cacheFile = options.home === undefined ? undefined : join(options.home, 'cache', 'handlers.json');
  const known = await readCache(cacheFile);
  const seen: Record<string, CacheEntry> = {};
  const packages: HandlerPackage[] = [];
  const problems: DiscoveryProblem[] = [];
  const names = new Set<string>();
  for (const { folders, origin } of await candidates(options)) {
    for (const folder of folders) {
      const { stamp, found } = (seen[folder] ??= readPackage(folder, known[folder]));
      if (stamp === '' || !found || names.has(found.name)) continue;
      const problem = folder === options.projectDir ? found.problem : (found.problem ?? disguise(found.name, folder));
      if (!found.handlers || problem !== undefined) {
        problems.push({ package: found.name, folder, problem: problem ?? 'its manifest cannot be read' });
        continue; // a sound copy of it may lie elsewhere
      }
      names.add(found.name);
      packages.push({ name: found.name, version: found.version, folder, origin, handlers: found.handlers });
    }
  }
  await writeCache(cacheFile, known, seen);
  return { packages, problems };
}

/** Packages of this scope come with llmi; a third party never overrides them unasked. */
export const builtInScope = '@llmi/';

/** A package that calls itself one of llmi's own must have been installed under that name: the registry vouches for it, its package.json does not. */
function disguise(name: string, folder: string): string | undefined {
  if (!name.startsWith(builtInScope) || name === installedName(folder)) return undefined;
  return `it calls itself ${name}, but was installed as ${installedName(folder)}`;
}

/** `acme-handler`, `@acme/handler`: the name that a folder of node_modules stands for. */
function installedName(folder: string): string {
  const scope = basename(dirname(folder));
  return scope.startsWith('@') ? `${scope}/${basename(folder)}` : basename(folder);
}

/** The folders that may be handler packages, in the order in which they count. */
async function candidates(options: DiscoverOptions): Promise<{ folders: string[]; origin: HandlerOrigin }[]> {
  const own = options.projectDir === undefined ? [] : [{ folders: [options.projectDir], origin: 'project' as const }];
  const read = async ({ modules, origin }: { modules: string; origin: HandlerOrigin }) => ({ folders: await packageFolders(modules), origin });
  return [...own, ...(await Promise.all(moduleFolders(options).map(read)))];
}

/** Every node_modules folder to read, nearest first, each once. */
function moduleFolders({ projectDir, home, installationDir }: DiscoverOptions): { modules: string; origin: HandlerOrigin }[] {
  const all = [
    ...(projectDir === undefined ? [] : ancestors(projectDir).map((modules) => ({ modules, origin: 'project' as const }))),
    ...(home === undefined ? [] : [{ modules: join(home, 'handlers', 'node_modules'), origin: 'home' as const }]),
    ...(installationDir === undefined ? [] : ancestors(installationDir).map((modules) => ({ modules, origin: 'installation' as const }))),
  ];
  const seen = new Set<string>();
  return all.filter(({ modules }) => !seen.has(modules) && seen.add(modules));
}

/** The node_modules folders that code in `folder` would be resolved in. */
function ancestors(folder: string): string[] {
  const parent = dirname(folder);
  const own = basename(folder) === 'node_modules' ? folder : join(folder, 'node_modules');
  return parent === folder ? [own] : [own, ...ancestors(parent)];
}

/** The package folders directly in a node_modules folder, scopes opened. */
async function packageFolders(modules: string): Promise<string[]> {
  const folders: string[] = [];
  for (const name of await listFolder(modules)) {
    if (name.startsWith('.')) continue;
    const folder = join(modules, name);
    if (name.startsWith('@')) folders.push(...(await listFolder(folder)).map((inner) => join(folder, inner)));
    else folders.push(folder);
  }
  return folders;
}

async function listFolder(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

/** Synchronous: a thousand awaits would cost several times what the calls do. */
function readPackage(folder: string, known: CacheEntry | undefined): CacheEntry {
  const file = join(folder, 'package.json');
  const status = statSync(file, { throwIfNoEntry: false });
  if (!status?.isFile()) return { stamp: '', found: null };
  const stamp = `${status.mtimeMs}:${status.size}:${status.ino}`;
  if (known?.stamp === stamp) return known;
  return { stamp, found: introduce(readText(file), installedName(folder)) };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // it may not be read, or is gone
  }
}

/** What a package.json says of handlers. A package without an `llmi` field of ours is none, whatever else is wrong with it. */
function introduce(text: string, folderName: string): CacheEntry['found'] {
  if (!text.includes('"llmi"')) return null;
  let content: { name?: unknown; version?: unknown; llmi?: unknown };
  try {
    content = JSON.parse(text);
  } catch {
    return text.includes('"handlers"') ? { name: folderName, version: '0.0.0', problem: 'its package.json is no JSON' } : null;
  }
  const field = content?.llmi;
  if (typeof field !== 'object' || field === null || !('handlers' in field || 'apiVersion' in field)) return null;
  const name = typeof content.name === 'string' ? content.name : folderName;
  const version = typeof content.version === 'string' ? content.version : '0.0.0';
  const asked = (field as { apiVersion?: unknown }).apiVersion;
  if (asked !== handlerApiVersion) {
    return { name, version, problem: `it is written for handler API ${JSON.stringify(asked)}; this llmi speaks ${handlerApiVersion}. ${adviceFor(asked)}` };
  }
  const parsed = packageManifestSchema.safeParse(field);
  if (parsed.success) return { name, version, handlers: parsed.data.handlers };
  const { path, message } = parsed.error.issues[0]!;
  return { name, version, problem: `"llmi.${path.join('.')}" in its package.json is not valid: ${message}` };
}

function adviceFor(asked: unknown): string {
  return typeof asked === 'number' && asked > handlerApiVersion ? 'Update llmi.' : 'Update the package, or ask its author to.';
}

async function readCache(file: string | undefined): Promise<Record<string, CacheEntry>> {
  if (file === undefined) return {};
  try {
    // Written by us, whole or not at all: checking a thousand entries again would cost what the cache saves.
    const { version, entries } = JSON.parse(await readFile(file, 'utf8')) as { version?: unknown; entries?: unknown };
    return version === cacheVersion && typeof entries === 'object' && entries !== null ? (entries as Record<string, CacheEntry>) : {};
  } catch {
    return {}; // absent or damaged: it is made anew
  }
}

/** Keeps what was read, unless nothing changed. A home that cannot be written costs speed only. */
async function writeCache(file: string | undefined, known: Record<string, CacheEntry>, seen: Record<string, CacheEntry>): Promise<void> {
  if (file === undefined || Object.entries(seen).every(([folder, entry]) => entry === known[folder] || entry.stamp === '')) return;
  const kept = Object.keys(known).length + Object.keys(seen).length > cacheLimit ? {} : known;
  const entries = Object.fromEntries(Object.entries({ ...kept, ...seen }).filter(([, entry]) => entry.stamp !== ''));
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(temporary, JSON.stringify({ version: cacheVersion, entries }));
    await rename(temporary, file);
  } catch {
    await rm(temporary, { force: true }).catch(() => undefined); // a full disk leaves an empty one; a read-only home none
  }
}
