import type { ModelFix } from '@llmi/engine';
import { formatBytes } from '@llmi/core/units';
import { withInterrupt } from '../interrupt.js';
import { CareProgress } from '../render/care-progress.js';
import { reportError } from '../render/error.js';
import { toDocument } from '../render/snake-case.js';
import type { CommonOptions, Session } from '../session.js';

interface FixOptions extends CommonOptions {
  check?: boolean;
}

const failed = 1;

export async function run(session: Session, { check }: FixOptions, names: string[]): Promise<number | void> {
  const engine = await session.engine();
  const progress = new CareProgress(session);
  let fixes: ModelFix[];
  try {
    fixes = await withInterrupt(session.terminal, (signal) => engine.fix(names, { check, signal, onEvent: (event) => progress.update(event) }), 'Run it again to go on.');
  } finally {
    progress.stop();
  }
  if (session.json) session.document(toDocument({ models: fixes }));
  else if (fixes.length === 0) session.note('No models are installed.');
  else for (const fix of fixes) tell(session, fix);
  return fixes.some(({ status }) => status === 'broken' || status === 'failed') ? (fixes.find(({ error }) => error)?.error?.exitCode ?? failed) : undefined;
}

const words: Record<ModelFix['broken'][number]['problem'], string> = { missing: 'is missing', size: 'has another size', content: 'has other content' };

function tell(session: Session, { name, status, broken, fetchedBytes, error }: ModelFix): void {
  switch (status) {
    case 'sound':
      return session.print(`${name} is sound.`);
    case 'fixed':
      session.print(`${name} is mended${fetchedBytes > 0 ? `; ${formatBytes(fetchedBytes)} were fetched` : ''}.`);
      break;
    case 'broken':
      session.print(`${name} is broken. Mend it: llmi fix ${name}`);
      break;
    case 'failed':
      session.note(`${name}:`);
      reportError(error, session);
  }
  for (const { path, problem } of broken) session.print(`  ${path} ${words[problem]}`);
}
