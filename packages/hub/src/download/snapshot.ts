import { copyFile, link, lstat, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { dirname, join, relative } from 'node:path';
import type { ModelFile } from '@llmi/core';
import { fileSize, type RepositoryCache } from '../cache.js';
import { diskError } from './disk.js';

/** Makes the files of a commit appear under their names: relative links into the blobs, as Python's huggingface_hub makes them. */
export async function linkSnapshot(cache: RepositoryCache, commit: string, files: readonly ModelFile[]): Promise<string> {
  const folder = cache.snapshot(commit);
  for (const file of files) {
    const target = join(folder, file.path);
    try {
      await mkdir(dirname(target), { recursive: true });
      await placeLink(cache.blob(file), target, file.sizeBytes);
    } catch (error) {
      throw diskError(error, target);
    }
  }
  return folder;
}

/** A symlink; a hard link where the system allows none (Windows without developer mode); a copy where neither works. */
async function placeLink(blob: string, target: string, sizeBytes: number): Promise<void> {
  const there = await lstat(target).catch(() => undefined);
  if (there && (await fileSize(target)) === sizeBytes) return;
  const aside = `${target}.${randomUUID()}.llmi`;
  await symlink(relative(dirname(target), blob), aside)
    .catch(() => link(blob, aside))
    .catch(() => copyFile(blob, aside));
  await rename(aside, target);
}

/** Remembers which commit a branch or a tag stands for. `name` must be fit for a path. */
export async function writeRef(cache: RepositoryCache, name: string, commit: string): Promise<void> {
  const path = cache.ref(name);
  const aside = `${path}.${randomUUID()}.llmi`;
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
