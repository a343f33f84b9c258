import { readInstalledModels, type InstalledSummary } from '../installed-models.js';
import { formatTable } from '../render/table.js';
import { formatAgo, formatBytes } from '../render/units.js';
import type { CommonOptions, Session } from '../session.js';

interface BrokenFolder {
  folder: string;
  error: { code: string; message: string };
}

export async function run(session: Session, _options: CommonOptions): Promise<void> {
  const quick = readInstalledModels(session.home);
  const { models, broken } = quick ? { models: quick, broken: [] } : await readWithEngine(session);
  if (session.json) return session.document({ models, broken });
  if (models.length === 0 && broken.length === 0) {
    session.note('No models are installed. Install one: llmi install Qwen/Qwen3-0.6B-GGUF:Q8_0');
    return;
  }
  const heading = ['NAME', 'TASK', 'QUANTIZATION', 'SIZE', 'HANDLER', 'INSTALLED'].map(session.colours().bold);
  for (const line of formatTable(heading, models.map(rowOf))) session.print(line);
  for (const { folder, error } of broken) session.note(`${session.colours(session.stderr).yellow('broken:')} ${folder}: ${error.message}`);
}

/** One name a line: what the completion of shells asks for. */
export function printNames(session: Session): void {
  for (const { name } of readInstalledModels(session.home) ?? []) session.print(name);
}

function rowOf({ name, task, quantization, size_bytes, handler, installed_at }: InstalledSummary): string[] {
  return [name, task ?? '-', quantization ?? '-', formatBytes(size_bytes), handler, formatAgo(installed_at)];
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
      task: model.info.pipelineTag ?? model.tasks?.[0] ?? null,
      quantization: model.info.quantization ?? null,
      size_bytes: model.sizeBytes,
      handler: model.handler.name,
      installed_at: model.installedAt,
      folder: model.folder,
    })),
    broken: broken.map(({ folder, error }) => ({ folder, error: asLlmiError(error).toJSON() })),
  };
}
