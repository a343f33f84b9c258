import { LlmiError } from '@llmi/core';
import { confirm } from '../confirm.js';
import { toDocument } from '../render/snake-case.js';
import { formatBytes } from '../render/units.js';
import type { CommonOptions, Session } from '../session.js';

interface RemoveOptions extends CommonOptions {
  yes?: boolean;
  dryRun?: boolean;
}

const refused = 1;

export async function run(session: Session, { yes, dryRun }: RemoveOptions, model: string): Promise<number | void> {
  const engine = await session.engine();
  const { name, installed } = await engine.find(model);
  const isOurs = installed.source === 'hub'; // else the files are where the person keeps them
  if (dryRun) {
    if (session.json) session.document(toDocument({ name, folder: installed.folder, sizeBytes: installed.sizeBytes, removed: false }));
    else session.print(`Would remove ${name} (${installed.folder})${isOurs ? ` and up to ${formatBytes(installed.sizeBytes)} of the cache` : ''}.`);
    return;
  }
  if (!yes) {
    if (!session.isInteractive) throw new LlmiError('USAGE', { message: `Removing ${name} has to be confirmed.`, hint: `Without a terminal, say so with --yes: llmi remove ${name} --yes` });
    if (!(await confirm(session, `Remove ${name}${isOurs ? ` (${formatBytes(installed.sizeBytes)})` : ''}?`))) {
      session.note('Nothing was removed.');
      return refused;
    }
  }
  const { freedBytes, kept } = await engine.remove(name);
  if (session.json) return session.document(toDocument({ name, removed: true, freedBytes, kept }));
  session.print(`Removed ${name}${isOurs ? `; ${formatBytes(freedBytes)} are free again` : ''}.`);
  for (const path of kept) session.note(isOurs ? `Kept ${path}: something else uses it.` : `Your own files stay in ${path}.`);
}
