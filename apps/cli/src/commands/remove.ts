import { LlmiError } from '@llmi/core';
import type { Engine, ServedModel } from '@llmi/engine';
import { formatBytes } from '@llmi/core/units';
import { confirm } from '../confirm.js';
import { toDocument } from '../render/snake-case.js';
import type { CommonOptions, Session } from '../session.js';

interface RemoveOptions extends CommonOptions {
  yes?: boolean;
  dryRun?: boolean;
  keepFiles?: boolean;
}

const refused = 1;

export async function run(session: Session, options: RemoveOptions, names: string[]): Promise<number | void> {
  const engine = await session.engine();
  const models: ServedModel[] = [];
  for (const name of names) {
    const model = await engine.find(name); // a name that is wrong is told before anything is removed
    if (!models.some(({ installed }) => installed.folder === model.installed.folder)) models.push(model);
  }
  if (options.dryRun) return tellAll(session, engine, models, options);
  if (!options.yes && !(await confirmAll(session, engine, models, options))) {
    session.note('Nothing was removed.');
    return refused;
  }
  const removed: unknown[] = [];
  for (const { name, installed } of models) {
    const { freedBytes, kept } = await engine.remove(installed.folder, { keepFiles: options.keepFiles });
    removed.push(toDocument({ name, removed: true, freedBytes, kept }));
    if (session.json) continue;
    session.print(`Removed ${name}${isOurs(installed) && !options.keepFiles ? `; ${formatBytes(freedBytes)} are free again` : ''}.`);
    for (const path of kept) session.note(isOurs(installed) ? `Kept ${path}${options.keepFiles ? '' : ': something else uses it'}.` : `Your own files stay in ${path}.`);
  }
  if (session.json) session.document(removed.length === 1 ? removed[0] : { models: removed });
}

/** False for files that are where the person keeps them. */
const isOurs = ({ source, converted }: ServedModel['installed']) => source === 'hub' || converted !== undefined;

async function tellAll(session: Session, engine: Engine, models: ServedModel[], { keepFiles }: RemoveOptions): Promise<void> {
  const documents: unknown[] = [];
  for (const { name, installed } of models) {
    const { freedBytes, kept } = await engine.remove(installed.folder, { keepFiles, dryRun: true });
    documents.push(toDocument({ name, folder: installed.folder, sizeBytes: installed.sizeBytes, removed: false, freedBytes, kept }));
    if (session.json) continue;
    session.print(`Would remove ${name} (${installed.folder})${isOurs(installed) && !keepFiles ? ` and free ${formatBytes(freedBytes)}` : ''}.`);
    for (const path of kept) session.note(isOurs(installed) ? `Would keep ${path}${keepFiles ? '' : ': something else uses it'}.` : `Your own files would stay in ${path}.`);
  }
  if (session.json) session.document(documents.length === 1 ? documents[0] : { models: documents });
}

/** @throws {LlmiError} USAGE where nobody can be asked */
async function confirmAll(session: Session, engine: Engine, models: ServedModel[], { keepFiles }: RemoveOptions): Promise<boolean> {
  const named = models.map(({ name }) => name).join(' ');
  if (!session.isInteractive) throw new LlmiError('USAGE', { message: `Removing ${named} has to be confirmed.`, hint: `Without a terminal, say so with --yes: llmi remove ${named} --yes` });
  let bytes = 0;
  if (!keepFiles) for (const { installed } of models) bytes += (await engine.remove(installed.folder, { dryRun: true })).freedBytes;
  return confirm(session, `Remove ${named}${bytes > 0 ? ` (${formatBytes(bytes)})` : ''}?`);
}
