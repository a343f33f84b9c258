import type { ModelFile } from '@llmi/core';
import type { FileChange } from './contract.js';

/** The parts of two listings that differ: by path, then by hash, or by size where there is no hash. */
export function compareFiles(former: readonly ModelFile[], latest: readonly ModelFile[]): FileChange[] {
  const before = new Map(former.map((file) => [file.path, file]));
  const after = new Set(latest.map(({ path }) => path));
  const changes: FileChange[] = [];
  for (const file of latest) {
    const old = before.get(file.path);
    if (!old) changes.push({ path: file.path, change: 'added', sizeBytes: file.sizeBytes });
    else if (contentOf(old) !== contentOf(file)) changes.push({ path: file.path, change: 'changed', sizeBytes: file.sizeBytes });
  }
  const removed = former.filter(({ path }) => !after.has(path)).map(({ path, sizeBytes }) => ({ path, change: 'removed' as const, sizeBytes }));
  return [...changes, ...removed].sort((left, right) => (left.path < right.path ? -1 : 1));
}

/** What tells that two files hold the same. */
export const contentOf = (file: ModelFile): string => file.sha256 ?? file.gitSha1 ?? `${file.path} ${file.sizeBytes}`;
