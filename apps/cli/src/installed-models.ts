import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** What `list` shows of an installed model, as llmi.json has it. */
export interface InstalledSummary {
  name: string;
  id: string;
  revision: string | null;
  task: string | null;
  quantization: string | null;
  size_bytes: number;
  handler: string;
  installed_at: string;
  folder: string;
}

/** The part of llmi.json that is read here. */
interface Description {
  name?: unknown;
  id?: unknown;
  revision?: string;
  size_bytes?: unknown;
  installed_at?: unknown;
  handler?: { name?: unknown };
  info?: { pipeline_tag?: string; quantization?: string };
  tasks?: string[];
}

/**
 * The models under an llmi home, each by a name that means it alone, read with nothing but the file system: the engine checks every field, which takes longer
 * than all the rest of `llmi list`. Undefined when a folder does not look right; then the engine says what is wrong with it.
 */
export function readInstalledModels(home: string): InstalledSummary[] | undefined {
  const models: InstalledSummary[] = [];
  for (const folder of modelFolders(join(home, 'models'))) {
    const file = join(folder, 'llmi.json');
    if (!existsSync(file)) continue; // a model is installed when its llmi.json is there
    const summary = readSummary(folder, file);
    if (!summary) return undefined;
    models.push(summary);
  }
  models.sort((left, right) => left.name.localeCompare(right.name) || (left.quantization ?? '').localeCompare(right.quantization ?? ''));
  return distinguish(models);
}

/** The models by names that mean one each, as the engine makes them: with the quantization where it is installed in several, else by folder. */
function distinguish(models: readonly InstalledSummary[]): InstalledSummary[] {
  const quantized = ({ name, quantization }: InstalledSummary) => (quantization === null ? name : `${name}:${quantization}`);
  const isOnly = (model: InstalledSummary, nameOf: (other: InstalledSummary) => string) => models.filter((other) => nameOf(other) === nameOf(model)).length === 1;
  return models.map((model) => {
    if (isOnly(model, ({ name }) => name)) return model;
    return { ...model, name: isOnly(model, quantized) ? quantized(model) : basename(model.folder) };
  });
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

function readSummary(folder: string, file: string): InstalledSummary | undefined {
  let description: Description | null;
  try {
    description = JSON.parse(readFileSync(file, 'utf8')) as Description | null;
  } catch {
    return undefined;
  }
  const { name, id, revision, size_bytes: sizeBytes, installed_at: installedAt, handler, info, tasks } = description ?? {};
  const isWhole = typeof name === 'string' && typeof id === 'string' && typeof sizeBytes === 'number' && typeof installedAt === 'string';
  if (!isWhole || typeof handler?.name !== 'string' || typeof info !== 'object' || info === null) return undefined;
  return {
    name,
    id,
    revision: revision ?? null,
    task: info.pipeline_tag ?? tasks?.[0] ?? null,
    quantization: info.quantization ?? null,
    size_bytes: sizeBytes,
    handler: handler.name,
    installed_at: installedAt,
    folder,
  };
}
