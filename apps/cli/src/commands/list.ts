import { formatBytes } from '@llmi/core/units';
import { diskUse } from '../installed-models/disk-use.js';
import { lastUsedAt, readInstalledModels } from '../installed-models/read-models.js';
import { fileKey, type InstalledSummary } from '../installed-models/summary.js';
import { formatTable } from '../render/table.js';
import { formatAgo } from '../render/units.js';
import type { CommonOptions, Session } from '../session.js';

interface BrokenFolder {
  folder: string;
  error: { code: string; message: string };
}

interface Row extends Omit<InstalledSummary, 'files'> {
  shared_bytes: number;
  last_used_at: string | null;
}

export async function run(session: Session, _options: CommonOptions): Promise<void> {
  const quick = readInstalledModels(session.home);
  const { models, broken } = quick ? { models: quick, broken: [] } : await readWithEngine(session);
  const { totalBytes, savedBytes, sharedBytes } = diskUse(models);
  const rows = models.map(({ files: _files, ...model }): Row => ({ ...model, shared_bytes: sharedBytes.get(model.folder) ?? 0, last_used_at: lastUsedAt(model.folder) }));
  if (session.json) return session.document({ models: rows, broken, total_bytes: totalBytes });
  if (models.length === 0 && broken.length === 0) {
    session.note('No models are installed. Install one: llmi install Qwen/Qwen3-0.6B-GGUF:Q8_0');
    return;
  }
  const heading = ['NAME', 'TASK', 'QUANTIZATION', 'SIZE', 'HANDLER', 'INSTALLED', 'LAST USED'].map(session.colours().bold);
  for (const line of formatTable(heading, rows.map(rowOf))) session.print(line);
  if (models.length > 1) session.note(`${models.length} models, ${formatBytes(totalBytes)}${savedBytes > 0 ? `; ${formatBytes(savedBytes)} are saved by files that several use` : ''}`);
  for (const { folder, error } of broken) session.note(`${session.colours(session.stderr).yellow('broken:')} ${folder}: ${error.message}`);
}

/** One name a line, those of the project first: what the completion of shells asks for. */
export async function printNames(session: Session): Promise<void> {
  const { declaredModels } = await import('../settings/project.js');
  for (const alias of declaredModels(session.terminal.cwd)) session.print(alias);
  for (const { name } of readInstalledModels(session.home) ?? []) session.print(name);
}

function rowOf({ name, task, quantization, size_bytes, handler, installed_at, last_used_at }: Row): string[] {
  return [name, task ?? '-', quantization ?? '-', formatBytes(size_bytes), handler, formatAgo(installed_at), last_used_at === null ? 'never' : formatAgo(last_used_at)];
}

/** The slow way, that says of every folder what is wrong with it. */
async function readWithEngine(session: Session): Promise<{ models: InstalledSummary[]; broken: BrokenFolder[] }> {
  const { asLlmiError } = await import('../render/error.js');
  const { models, broken } = await (await session.engine()).list();
  return {
    models: models.map((model) => ({
      name: model.name,
      id: model.id,
      revision: model.revision ?? null,
      asked_revision: model.asked?.revision ?? null,
      task: model.info.pipelineTag ?? model.tasks?.[0] ?? null,
      quantization: model.info.quantization ?? null,
      source: model.source,
      size_bytes: model.sizeBytes,
      handler: model.handler.name,
      installed_at: model.installedAt,
      folder: model.folder,
      files: model.files.map((file) => [fileKey(model.source, model.path, { path: file.path, hash: file.sha256 ?? file.gitSha1 }), file.sizeBytes]),
    })),
    broken: broken.map(({ folder, error }) => ({ folder, error: asLlmiError(error).toJSON() })),
  };
}
