import type { ModelFile, ModelInfo } from '@llmi/core';
import { fileSize, isInSnapshot, RepositoryCache } from '../cache.js';
import { inParallel } from '../in-parallel.js';
import { listedFile } from '../model-files.js';
import type { HubSettings } from '../settings.js';

const parallelLooks = 8;

/** The chosen files of a model of the hub that need not be fetched, since the cache has them. */
export async function cachedFiles(info: ModelInfo, { cacheDir }: Pick<HubSettings, 'cacheDir'>): Promise<ModelFile[]> {
  const { id, revision } = info;
  if (revision === undefined) return [];
  const cache = new RepositoryCache(cacheDir, id);
  const found = await inParallel(
    info.chosenFiles.map((path) => listedFile(info, path)),
    parallelLooks,
    async (file) => ((await isInSnapshot(cache, revision, file)) || (await fileSize(cache.blob(file))) === file.sizeBytes ? [file] : []),
  );
  return found.flat();
}
