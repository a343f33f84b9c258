import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { LlmiError, type ModelFile } from '@llmi/core';
import { isNeeded } from './small-files.js';
import { pathProblem, refusedFile } from './safe-path.js';

const deepest = 8;
const maxFiles = 20_000;

export interface ListOptions {
  /** 1: only what lies in the folder itself. */
  maxDepth?: number;
  /** Whether a path, with / and from the folder, is looked at. */
  isWanted?: (path: string) => boolean;
}

/**
 * The files of a model's folder, hidden ones left out, hashes where the cache's blob names tell them. Nothing is copied.
 *
 * Links are followed as long as they stay in the folder; in a snapshot of the hub's cache they may lead to its blobs.
 * @throws {LlmiError} MODEL_FILE_REFUSED for a link of the model's own that leaves the folder; MODEL_NOT_FOUND, PERMISSION_DENIED
 */
export async function listFolder(folder: string, { maxDepth = deepest, isWanted = () => true }: ListOptions = {}): Promise<ModelFile[]> {
  const root = await realpath(folder).catch((cause: unknown) => {
    throw folderError(folder, cause);
  });
  const blobs = basename(dirname(root)) === 'snapshots' ? join(dirname(dirname(root)), 'blobs') : undefined;
  const files: ModelFile[] = [];
  const visit = async (inside: string, depth: number): Promise<void> => {
    const entries = await readdir(join(root, inside), { withFileTypes: true }).catch((cause: unknown) => {
      throw folderError(join(folder, inside), cause);
    });
    for (const entry of entries.sort((left, right) => (left.name < right.name ? -1 : 1))) {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
      const path = inside === '' ? entry.name : `${inside}/${entry.name}`;
      if (entry.isDirectory()) {
        if (depth < maxDepth) await visit(path, depth + 1);
      } else if (!isWanted(path)) {
        continue;
      } else if (files.length >= maxFiles) {
        throw new LlmiError('MODEL_REFERENCE_INVALID', { message: `${folder} holds more than ${maxFiles} files.`, hint: 'Name the folder of one model.' });
      } else if (entry.isFile() || entry.isSymbolicLink()) {
        const file = await localFile(root, path, blobs, entry.isSymbolicLink());
        if (file) files.push(file);
      }
    }
  };
  await visit('', 1);
  return files;
}

async function localFile(root: string, path: string, blobs: string | undefined, isLink: boolean): Promise<ModelFile | undefined> {
  const full = join(root, path);
  const status = await stat(full).catch(() => undefined);
  if (!status?.isFile()) return refuseOrLeave(path, isLink && !status ? 'it is a link to nothing' : undefined);
  const problem = pathProblem(path);
  if (problem !== undefined) return refuseOrLeave(path, problem);
  if (!isLink) return { path, sizeBytes: status.size };
  const target = await realpath(full);
  if (!isInside(root, target) && !(blobs !== undefined && isInside(blobs, target))) return refuseOrLeave(path, 'it is a link that leaves the folder');
  return { path, sizeBytes: status.size, ...hashOf(basename(target)) };
}

/** What is not needed is left out; what is, must not be missing without a word. */
function refuseOrLeave(path: string, problem: string | undefined): undefined {
  if (problem !== undefined && isNeeded(path)) throw refusedFile(path, problem);
  return undefined;
}

function hashOf(blob: string): { sha256?: string; gitSha1?: string } {
  if (/^[0-9a-f]{64}$/.test(blob)) return { sha256: blob };
  return /^[0-9a-f]{40}$/.test(blob) ? { gitSha1: blob } : {};
}

/** True when `path` is `folder` or below it; both real. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function folderError(folder: string, cause: unknown): unknown {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new LlmiError('MODEL_NOT_FOUND', { message: `There is no folder ${folder}.`, hint: 'Check the path.', cause });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new LlmiError('PERMISSION_DENIED', { message: `The folder ${folder} may not be read.`, hint: 'Check its owner and mode.', cause });
  }
  return cause;
}
