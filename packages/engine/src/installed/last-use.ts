import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lastUseFile } from '@llmi/hub';
import type { ServedModel } from '../contract.js';

const enoughMs = 60_000; // a later use within a minute tells nothing new

/** Writes down when each installed model was last used, for `llmi list`. A folder that cannot be written goes without. */
export class LastUse {
  readonly #noted = new Map<string, number>();

  note({ installed: { folder } }: ServedModel): void {
    const now = Date.now();
    if (folder === '' || now - (this.#noted.get(folder) ?? 0) < enoughMs) return;
    this.#noted.set(folder, now);
    void touch(join(folder, lastUseFile), new Date(now)).catch(() => undefined);
  }
}

/** Makes no folder: the model may have been removed meanwhile. */
async function touch(path: string, time: Date): Promise<void> {
  await utimes(path, time, time).catch(() => writeFile(path, ''));
}
