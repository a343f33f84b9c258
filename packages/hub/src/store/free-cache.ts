import { lstat, readdir, readFile, realpath, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ModelFile } from '@llmi/core';
import { isBlobName, isCommit, RepositoryCache } from '../cache.js';
import { removePartial } from '../download/partial-file.js';
import { isInside } from '../local-listing.js';
import type { InstalledModel } from './installed-model.js';
import type { RemoveResult } from './model-store.js';

/**
 * Removes a model's files from the hub's cache, except those that another installed model or another snapshot uses. Only what
 * llmi.json lists is touched: other files of the repository may be other tools'. `dryRun` only says what would happen.
 */
export async function freeCache(model: Pick<InstalledModel, 'id' | 'revision' | 'files'>, others: readonly InstalledModel[], cacheDir: string, { dryRun = false } = {}): Promise<RemoveResult> {
  const result: RemoveResult = { freedBytes: 0, kept: [] };
  if (model.revision === undefined) return result;
  const cache = new RepositoryCache(cacheDir, model.id);
  const snapshot = cache.snapshot(model.revision);
  const sameCommit = others.filter((other) => other.id === model.id && other.revision === model.revision);
  const used = new Set(sameCommit.flatMap((other) => other.files.map(({ path }) => path)));
  const blobs = new Set<string>();
  const going = new Set<string>(); // names in the snapshot
  for (const file of model.files) {
    const path = join(snapshot, file.path);
    const status = isInside(snapshot, path) ? await lstat(path).catch(() => undefined) : undefined;
    if (!status) {
      const blob = await blobOf(path, file, cache, false); // a process that was killed here took the name and not the blob
      if (blob !== undefined) blobs.add(blob);
      if (!dryRun && isInside(snapshot, path)) await removeEmptyFolders(dirname(path), cache.folder);
      continue;
    }
    if (used.has(file.path)) {
      result.kept.push(path);
      continue;
    }
    const blob = await blobOf(path, file, cache, status.isSymbolicLink());
    if (blob !== undefined) blobs.add(blob);
    else if (status.nlink === 1) result.freedBytes += status.size;
    going.add(path);
    if (dryRun) continue;
    await rm(path, { force: true });
    await removeEmptyFolders(dirname(path), cache.folder);
  }
  const linked = await linkedBlobs(join(cache.folder, 'snapshots'), going);
  for (const blob of blobs) {
    const status = await stat(blob);
    if (linked.has(blob) || status.nlink > 1) {
      result.kept.push(blob);
      continue;
    }
    result.freedBytes += status.size;
    if (!dryRun) await rm(blob, { force: true });
  }
  if (dryRun) return result;
  for (const file of model.files) if (isBlobName(hashOf(file))) await removePartial(cache.quarantine(file));
  await removeDeadRefs(cache);
  return result;
}

/** A branch whose commit is gone counts as damage for other tools; a repository of which nothing is left goes too. */
async function removeDeadRefs(cache: RepositoryCache): Promise<void> {
  const folder = join(cache.folder, 'refs');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries.filter((candidate) => candidate.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const commit = (await readFile(path, 'utf8')).trim();
    if (isCommit(commit) && (await stat(cache.snapshot(commit)).catch(() => undefined)) === undefined) {
      await rm(path, { force: true });
      await removeEmptyFolders(dirname(path), cache.folder);
    }
  }
  for (const name of ['blobs', 'snapshots']) await removeEmptyFolders(join(cache.folder, name), dirname(cache.folder));
}

const hashOf = (file: ModelFile) => file.sha256 ?? file.gitSha1 ?? '';

/** The blob behind a file of a snapshot: where its link leads, or, where links are no symlinks, the one of its hash. */
async function blobOf(path: string, file: ModelFile, cache: RepositoryCache, isLink: boolean): Promise<string | undefined> {
  const blobsFolder = await realpath(cache.blobsFolder).catch(() => undefined);
  const candidate = isLink ? path : isBlobName(hashOf(file)) ? cache.blob(file) : undefined;
  const blob = candidate === undefined ? undefined : await realpath(candidate).catch(() => undefined);
  return blob !== undefined && blobsFolder !== undefined && isInside(blobsFolder, blob) ? blob : undefined;
}

async function removeEmptyFolders(folder: string, upTo: string): Promise<void> {
  for (let current = folder; current !== upTo && isInside(upTo, current); current = dirname(current)) {
    try {
      await rmdir(current);
    } catch {
      return; // not empty
    }
  }
}

/** Real paths of everything that any snapshot of the repository links to, the links in `going` left out. */
async function linkedBlobs(snapshots: string, going: ReadonlySet<string>): Promise<Set<string>> {
  const entries = await readdir(snapshots, { recursive: true, withFileTypes: true }).catch(() => []);
  const links = entries.filter((entry) => entry.isSymbolicLink()).map((entry) => join(entry.parentPath, entry.name)).filter((path) => !going.has(path));
  return new Set(await Promise.all(links.map((path) => realpath(path).catch(() => path))));
}
