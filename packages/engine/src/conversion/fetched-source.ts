import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ModelInfo } from '@llmi/core';
import { cachedFiles, folderName, type ModelStore } from '@llmi/hub';
import type { Settings } from '../settings.js';

/**
 * The weights that are fetched only to be converted. They leave the cache when the result is there; which they are is written down
 * before the first one comes, so that a conversion which is killed and run again knows them still. What was in the cache before stays.
 */
export class FetchedSource {
  private constructor(
    private readonly source: Pick<ModelInfo, 'id' | 'revision' | 'files'>,
    private readonly paths: readonly string[],
    private readonly note: string,
    private readonly settings: Settings,
  ) {}

  /** To be called before the download. */
  static async of(source: ModelInfo, settings: Settings): Promise<FetchedSource> {
    const note = join(settings.home, 'converting', `${folderName(source.id)}.json`);
    const noted = await readNote(note);
    const before = new Set((await cachedFiles(source, settings.hub)).map(({ path }) => path));
    const paths = source.chosenFiles.filter((path) => !before.has(path) || (noted.revision === source.revision && noted.paths.includes(path)));
    if (paths.length > 0) {
      await mkdir(dirname(note), { recursive: true });
      await writeFile(note, JSON.stringify({ revision: source.revision, paths }));
    }
    return new FetchedSource(source, paths, note, settings);
  }

  /** Takes them out of the cache, except those that an installed model uses. Gives the bytes that come free. */
  async free(store: ModelStore): Promise<number> {
    const files = this.source.files.filter(({ path }) => this.paths.includes(path));
    const { freedBytes } = files.length === 0 ? { freedBytes: 0 } : await store.reclaim({ ...this.source, files }, { cacheDir: this.settings.hub.cacheDir });
    await this.forget();
    return freedBytes;
  }

  /** They stay in the cache, as anything that was downloaded. */
  async forget(): Promise<void> {
    await rm(this.note, { force: true });
  }
}

async function readNote(note: string): Promise<{ revision?: string; paths: readonly unknown[] }> {
  try {
    const { revision, paths } = JSON.parse(await readFile(note, 'utf8')) as { revision?: string; paths?: unknown };
    return { revision, paths: Array.isArray(paths) ? paths : [] };
  } catch {
    return { paths: [] }; // none, or cut off: then they are files like any other
  }
}
