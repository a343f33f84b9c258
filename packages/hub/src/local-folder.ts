import type { ModelInfo } from '@llmi/core';

const folders = new WeakMap<ModelInfo, string>();

/**
 * Remembers where a local model lies, beside its facts and not in them: they are plain JSON that may be shown to others.
 */
export function rememberFolder(info: ModelInfo, folder: string): ModelInfo {
  folders.set(info, folder);
  return info;
}

/** The folder of facts that `inspect` of this process has made; undefined for the hub's, and for facts that were copied. */
export function folderOf(info: ModelInfo): string | undefined {
  return folders.get(info);
}
