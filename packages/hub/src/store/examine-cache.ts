import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** What lies in the hub's cache without being of use. */
export interface CacheReport {
  repositories: number;
  totalBytes: number; // of all blobs
  incomplete: { path: string; bytes: number }[]; // downloads that stopped
  unused: { path: string; bytes: number }[]; // blobs that no snapshot shows
  brokenLinks: string[]; // files of snapshots whose blob is gone
}

const blockBytes = 512; // unit of stat

/** Looks through the cache; reads no content and changes nothing. */
export async function examineCache(cacheDir: string): Promise<CacheReport> {
  const report: CacheReport = { repositories: 0, totalBytes: 0, incomplete: [], unused: [], brokenLinks: [] };
  const names = await readdir(cacheDir).catch(() => []);
  for (const name of names.filter((other) => other.startsWith('models--'))) {
    report.repositories++;
    await examineRepository(join(cacheDir, name), report);
  }
  return report;
}

async function examineRepository(folder: string, report: CacheReport): Promise<void> {
  const shown = new Set<string>();
  let areLinks = true; // where the system has none, snapshots hold the files or hard links to them
  const entries = await readdir(join(folder, 'snapshots'), { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) areLinks = false;
    if (!entry.isSymbolicLink()) continue;
    const target = await realpath(path).catch(() => undefined);
    if (target === undefined) report.brokenLinks.push(path);
    else shown.add(target);
  }
  const blobs = join(folder, 'blobs');
  const root = await realpath(blobs).catch(() => blobs);
  for (const name of await readdir(blobs).catch(() => [])) {
    const path = join(root, name);
    const status = await lstat(path).catch(() => undefined);
    if (!status?.isFile()) continue;
    if (isIncomplete(name)) report.incomplete.push({ path, bytes: status.blocks * blockBytes });
    else if (/^[0-9a-f]+$/.test(name)) {
      report.totalBytes += status.size;
      if (areLinks && !shown.has(path) && (await stat(path)).nlink === 1) report.unused.push({ path, bytes: status.size });
    }
  }
}

/** Python's client and ours name what is on its way so. */
const isIncomplete = (name: string) => basename(name).includes('.incomplete');
