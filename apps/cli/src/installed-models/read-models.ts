import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { distinctNames, lastUseFile } from '@llmi/hub/installed-names';
import { SummaryIndex } from './summary-index.js';
import { summarize, type InstalledSummary } from './summary.js';

/**
 * The models under an llmi home, each by a name that means it alone, read with nothing but the file system: the engine checks every field, which takes longer
 * than all the rest of `llmi list`. Undefined when a folder does not look right; then the engine says what is wrong with it.
 */
export function readInstalledModels(home: string): InstalledSummary[] | undefined {
  const index = SummaryIndex.open(home);
  const models: InstalledSummary[] = [];
  for (const folder of modelFolders(join(home, 'models'))) {
    const file = join(folder, 'llmi.json');
    const status = statSync(file, { throwIfNoEntry: false });
    if (!status) continue; // a model is installed when its llmi.json is there
    const stamp = `${status.ino} ${status.mtimeMs} ${status.size}`;
    const summary = index.get(folder, stamp) ?? summarize(readFileSync(file, 'utf8'), folder);
    if (!summary) return undefined;
    index.set(folder, stamp, summary);
    models.push(summary);
  }
  index.save();
  const { compare } = new Intl.Collator();
  models.sort((left, right) => compare(left.name, right.name) || compare(left.quantization ?? '', right.quantization ?? '') || compare(left.asked_revision ?? '', right.asked_revision ?? ''));
  const names = distinctNames(models.map(({ name, quantization, asked_revision: revision, folder }) => ({ name, quantization, revision, folderName: basename(folder) })));
  return models.map((model, position) => ({ ...model, name: names[position]! }));
}

/** When a model was last used, as its runner left it behind; null for never. */
export function lastUsedAt(folder: string): string | null {
  return statSync(join(folder, lastUseFile), { throwIfNoEntry: false })?.mtime.toISOString() ?? null;
}

function modelFolders(models: string): string[] {
  try {
    return readdirSync(models, { withFileTypes: true })
      .filter((entry) => !entry.name.startsWith('.') && (entry.isDirectory() || entry.isSymbolicLink()))
      .map((entry) => join(models, entry.name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
