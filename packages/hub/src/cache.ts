import { randomUUID } from 'node:crypto';
import { lstat, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelFile } from '@llmi/core';
import { isInside } from './local-listing.js';
import { refusedFile } from './safe-path.js';

/**
 * Where things are in the standard cache of the hub, shared with Python's huggingface_hub.
 * Source: https://huggingface.co/docs/huggingface_hub/guides/manage-cache
 */
export class RepositoryCache {
  readonly folder: string;

  constructor(
    readonly cacheDir: string,
    readonly id: string,
  ) {
    this.folder = join(cacheDir, this.#name);
  }

  get #name(): string {
    return `models--${this.id.split('/').join('--')}`;
  }

  get blobsFolder(): string {
    return join(this.folder, 'blobs');
  }

  /** A blob is named by what the hub gives as its ETag: sha256 for LFS files, git's blob id otherwise. */
  blob(file: ModelFile): string {
    return join(this.blobsFolder, blobName(file));
  }

  /** Bytes of a blob on their way; they are proven before they get the blob's name. */
  quarantine(file: ModelFile): string {
    return join(this.blobsFolder, `${blobName(file)}.llmi.incomplete`);
  }

  lock(file: ModelFile): string {
    return join(this.cacheDir, '.locks', this.#name, `${blobName(file)}.llmi.lock`);
  }

  /** Where a file is being made that then takes its place by a rename; on the same disk, and short whatever the place is called. */
  aside(): string {
    return join(this.folder, `.llmi-${randomUUID()}`);
  }

  snapshot(commit: string): string {
    return join(this.folder, 'snapshots', commit);
  }

  ref(name: string): string {
    return join(this.folder, 'refs', ...name.split('/'));
  }

  /** The commit that a branch, a tag or a commit's own hash stands for here; undefined when the cache does not know. */
  async commitOf(revision: string): Promise<string | undefined> {
    const known = await readFile(this.ref(revision), 'utf8').catch(() => undefined);
    const commit = known?.trim() ?? revision;
    return isCommit(commit) && (await isFolder(this.snapshot(commit))) ? commit : undefined;
  }
}

function blobName(file: ModelFile): string {
  const name = file.sha256 ?? file.gitSha1 ?? '';
  if (!isBlobName(name)) throw refusedFile(file.path, 'there is no hash to prove it by');
  return name;
}

/** True for a sha256 or a git blob id. */
export function isBlobName(name: string): boolean {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(name);
}

/** True for the hash of a commit. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40,64}$/.test(revision);
}

/**
 * True when the snapshot of `commit` shows `file` soundly: a link to its blob and to nowhere else, or, where the system has no
 * symbolic links, a file of its size.
 */
export async function isInSnapshot(cache: RepositoryCache, commit: string, file: ModelFile): Promise<boolean> {
  const path = join(cache.snapshot(commit), file.path);
  if ((await fileSize(path)) !== file.sizeBytes) return false;
  if (!(await lstat(path)).isSymbolicLink()) return true;
  const target = await realpath(path);
  if (file.sha256 === undefined && file.gitSha1 === undefined) return isInside(await realpath(cache.blobsFolder), target);
  return target === (await realpath(cache.blob(file)).catch(() => undefined));
}

/** Size of the file at `path` (links followed), or undefined. */
export async function fileSize(path: string): Promise<number | undefined> {
  const status = await stat(path).catch(() => undefined);
  return status?.isFile() ? status.size : undefined;
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}
