import type { InstalledSummary } from './summary.js';

export interface DiskUse {
  /** Bytes of all models, what several of them use counted once. */
  totalBytes: number;
  /** Bytes that would be counted twice otherwise. */
  savedBytes: number;
  /** By folder, the bytes of a model that another one uses too. */
  sharedBytes: Map<string, number>;
}

type Model = Pick<InstalledSummary, 'id' | 'folder' | 'files'>;

/** Revisions and quantizations of a repository share the files that are the same; repositories share none with each other. */
export function diskUse(models: readonly Model[]): DiskUse {
  const use: DiskUse = { totalBytes: 0, savedBytes: 0, sharedBytes: new Map() };
  const repositories = new Map<string, Model[]>();
  for (const model of models) {
    const others = repositories.get(model.id);
    if (others) others.push(model);
    else repositories.set(model.id, [model]);
  }
  for (const own of repositories.values()) {
    if (own.length > 1) addShared(own, use);
    else for (const [, bytes] of own[0]!.files) use.totalBytes += bytes;
  }
  return use;
}

function addShared(models: readonly Model[], use: DiskUse): void {
  const users = new Map<string, { bytes: number; folders: Set<string> }>();
  for (const { folder, files } of models) {
    for (const [key, bytes] of files) {
      const known = users.get(key);
      if (known) known.folders.add(folder);
      else users.set(key, { bytes, folders: new Set([folder]) });
    }
  }
  for (const { bytes, folders } of users.values()) {
    use.totalBytes += bytes;
    use.savedBytes += bytes * (folders.size - 1);
    if (folders.size > 1) for (const folder of folders) use.sharedBytes.set(folder, (use.sharedBytes.get(folder) ?? 0) + bytes);
  }
}
