import { LlmiError } from '@llmi/core';
import { confirm } from '../confirm.js';
import { toDocument } from '../render/snake-case.js';
import { formatBytes } from '../render/units.js';
import type { CommonOptions, Session } from '../session.js';

interface RemoveOptions extends CommonOptions {
  yes?: boolean;
  dryRun?: boolean;
}

export async function run(session: Session, { yes, dryRun }: RemoveOptions, model: string): Promise<void> {
  const engine = await session.engine();
  const { name, installed } = await engine.find(model);
  if (dryRun) {
    if (session.json) session.document(toDocument({ name, folder: installed.folder, sizeBytes: installed.sizeBytes, removed: false }));
    else session.print(`Would remove ${name} (${installed.folder}) and up to ${formatBytes(installed.sizeBytes)} of the cache.`);
    return;
  }
  if (!yes) {
    if (!session.isInteractive) throw new LlmiError('USAGE', { message: `Removing ${name} has to be confirmed.`, hint: `Without a terminal, say so with --yes: llmi remove ${name} --yes` });
    if (!(await confirm(session, `Remove ${name} (${formatBytes(installed.sizeBytes)})?`))) {
      throw new LlmiError('CANCELLED', { message: 'Nothing was removed.' });
    }
  }
  const { freedBytes, kept } = await engine.remove(name);
  if (session.json) return session.document(toDocument({ name, removed: true, freedBytes, kept }));
  session.print(`Removed ${name}; ${formatBytes(freedBytes)} are free again.`);
  for (const path of kept) session.note(`Kept ${path}: something else uses it.`);
}
