import { link, mkdir, readFile, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { ModelFile } from '@llmi/core';
import { isInSnapshot, type RepositoryCache } from '../cache.js';
import { isInside } from '../local-listing.js';
import { refusedFile } from '../safe-path.js';
import { diskError } from './disk.js';

/** Makes the files of a commit appear under their names: relative links into the blobs, as Python's huggingface_hub makes them. */
export async function linkSnapshot(cache: RepositoryCache, commit: string, files: readonly ModelFile[]): Promise<string> {
  const folder = cache.snapshot(commit);
  try {
    await mkdir(folder, { recursive: true });
    const root = await realpath(folder);
    for (const file of files) {
      if (await isInSnapshot(cache, commit, file)) continue;
      const target = join(folder, file.path);
      await mkdir(dirname(target), { recursive: true });
      if (!isInside(root, await realpath(dirname(target)))) throw refusedFile(file.path, 'in the cache, its folder is a link that leads elsewhere');
      await placeLink(cache, cache.blob(file), target);
    }
  } catch (error) {
    throw diskError(error, folder);
  }
  return folder;
}

/** A symlink; a hard link where the system allows none (Windows without developer mode); where neither works, the file itself. */
async function placeLink(cache: RepositoryCache, blob: string, target: string): Promise<void> {
  const aside = cache.aside();
  await symlink(relative(dirname(target), blob), aside)
    .catch(() => link(blob, aside))
    .catch(() => rename(blob, aside)); // stored once, as Python does it
  await rename(aside, target);
}

/** Remembers which commit a branch or a tag stands for. `name` must be fit for a path. */
export async function writeRef(cache: RepositoryCache, name: string, commit: string): Promise<void> {
  const path = cache.ref(name);
  const aside = cache.aside();
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(aside, commit);
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    throw diskError(error, path);
  }
}

export async function readRef(cache: RepositoryCache, name: string): Promise<string | undefined> {
  return (await readFile(cache.ref(name), 'utf8').catch(() => undefined))?.trim();
}
