import type { FileChange, ModelUpdate } from '@llmi/engine';
import { formatBytes } from '@llmi/core/units';
import { withInterrupt } from '../interrupt.js';
import { CareProgress } from '../render/care-progress.js';
import { reportError } from '../render/error.js';
import { toDocument } from '../render/snake-case.js';
import type { CommonOptions, Session } from '../session.js';

interface UpdateOptions extends CommonOptions {
  check?: boolean;
}

const maxShown = 20; // changes of one model

export async function run(session: Session, { check }: UpdateOptions, names: string[]): Promise<number | void> {
  const engine = await session.engine();
  const progress = new CareProgress(session);
  let updates: ModelUpdate[];
  try {
    updates = await withInterrupt(
      session.terminal,
      (signal) => engine.update(names, { check, signal, onEvent: (event) => progress.update(event) }),
      'The models are as they were, but for those that were reported. Run it again to resume.',
    );
  } finally {
    progress.stop();
  }
  if (session.json) session.document(toDocument({ models: updates }));
  else if (updates.length === 0) session.note('No models are installed.');
  else for (const update of updates) tell(session, update);
  return updates.find(({ error }) => error !== undefined)?.error?.exitCode;
}

function tell(session: Session, update: ModelUpdate): void {
  const { name, status, from, to, changes, downloadBytes, freedBytes, renamedTo, converted, error } = update;
  const way = `${from?.slice(0, 12)} to ${to?.slice(0, 12)}`;
  switch (status) {
    case 'current':
      return session.print(`${name} is up to date.`);
    case 'pinned':
      return session.print(`${name} stays at commit ${from?.slice(0, 12)}, as it was asked for.`);
    case 'local':
      return session.print(`${name} is no model of the hub; there is nothing to update.`);
    case 'renamed':
      return session.print(`${name} is called ${renamedTo} on the hub now. Move to it: llmi install ${renamedTo} && llmi remove ${name}`);
    case 'available':
      session.print(converted ? `${name} can go from ${way}, converted again.` : `${name} can go from ${way}: ${summaryOf(changes)}, ${formatBytes(downloadBytes)} to fetch.`);
      return tellChanges(session, changes);
    case 'updated':
      if (converted) return session.print(`${name} went from ${way}, converted again.`);
      session.print(`${name} went from ${way}: ${summaryOf(changes)}, ${formatBytes(downloadBytes)} fetched${freedBytes > 0 ? `, ${formatBytes(freedBytes)} freed` : ''}.`);
      return tellChanges(session, changes);
    case 'failed':
      session.note(`${name}:`);
      reportError(error, session);
  }
}

function summaryOf(changes: FileChange[]): string {
  const count = (change: FileChange['change']) => changes.filter((item) => item.change === change).length;
  const parts = (['added', 'changed', 'removed'] as const).filter((change) => count(change) > 0).map((change) => `${count(change)} ${change}`);
  return parts.length === 0 ? 'none of its files changed' : `${parts.join(', ')}`;
}

function tellChanges(session: Session, changes: FileChange[]): void {
  const marks: Record<FileChange['change'], string> = { added: '+', changed: '~', removed: '-' };
  for (const { path, change, sizeBytes } of changes.slice(0, maxShown)) session.print(`  ${marks[change]} ${path}  ${formatBytes(sizeBytes)}`);
  if (changes.length > maxShown) session.print(`  and ${changes.length - maxShown} more`);
}
