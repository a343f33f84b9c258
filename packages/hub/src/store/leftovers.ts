import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const abandonedAfterMs = 60 * 60_000; // a conversion writes all the time

/** Removes what killed processes left in the models folder: folders that were being made, and that nobody touched for an hour. */
export async function removeLeftovers(modelsFolder: string): Promise<void> {
  const names = await readdir(modelsFolder).catch(() => []);
  for (const name of names.filter((entry) => entry.startsWith('.staged-'))) {
    const folder = join(modelsFolder, name);
    if (Date.now() - (await lastTouched(folder)) > abandonedAfterMs) await rm(folder, { recursive: true, force: true });
  }
}

/** Time of the newest change in a folder, in milliseconds since 1970. */
async function lastTouched(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true }).catch(() => []);
  const times = await Promise.all([folder, ...entries.map((entry) => join(folder, entry))].map(async (path) => (await stat(path).catch(() => undefined))?.mtimeMs ?? 0));
  return Math.max(...times);
}
