import type { Engine, InstallEvent } from '@llmi/engine';
import { confirm } from '../confirm.js';
import { withInterrupt } from '../interrupt.js';
import { modelReference } from '../model-argument.js';
import { checkDocument, formatNotes, formatVerdict, formatWeights } from '../render/check-report.js';
import { installedDocument } from '../render/model-document.js';
import { InstallProgress } from '../render/progress.js';
import { toDocument } from '../render/snake-case.js';
import { formatBytes } from '../render/units.js';
import type { CommonOptions, Session } from '../session.js';

interface InstallOptions extends CommonOptions {
  file?: string;
  yes?: boolean;
  force?: boolean;
}

/** Downloads above this are asked about first: half an hour at 50 Mbit/s. */
const largeBytes = 12e9;

const refused = 1;

export async function run(session: Session, options: InstallOptions, model: string): Promise<number | void> {
  const engine = await session.engine();
  const reference = modelReference(model, session.terminal);
  if (session.isInteractive && !options.yes && !(await confirmSize(session, engine, reference, options))) {
    session.note('Nothing was installed. A smaller one may do: "llmi check" shows the alternatives.');
    return refused;
  }
  const progress = new InstallProgress(session);
  try {
    const installed = await withInterrupt(
      session.terminal,
      (signal) => engine.install(reference, { file: options.file, force: options.force, signal, onEvent: (event) => tell(session, progress, event, options) }),
      `Run it again to resume: llmi install ${quoted(model)}`,
    );
    if (session.json) return;
    session.print(`Installed ${installed.name} in ${installed.folder}`);
    session.print(`  llmi run ${quoted(installed.name)}`);
    session.print(`  cd ${quoted(installed.folder)} && ${session.terminal.platform === 'win32' ? 'start.cmd' : './start.sh'}`);
  } finally {
    progress.stop();
  }
}

/** A word of a command line that can be copied. */
const quoted = (text: string) => (/^[\w./:@\\-]+$/.test(text) ? text : `"${text}"`);

/** A person is asked before much is fetched. */
async function confirmSize(session: Session, engine: Engine, reference: string, { file }: InstallOptions): Promise<boolean> {
  const { choice, model, verdict } = await withInterrupt(session.terminal, (signal) => engine.check(reference, { file, signal }));
  if (model.source !== 'hub' || choice.sizeBytes < largeBytes || !verdict.fits) return true;
  return confirm(session, `Fetch ${formatWeights(choice)}${formatBytes(choice.sizeBytes)}?`);
}

function tell(session: Session, progress: InstallProgress, event: InstallEvent, { force = false }: InstallOptions): void {
  if (session.json) return session.document(eventDocument(event));
  switch (event.type) {
    case 'check': {
      const { model, handler, choice, verdict, notes } = event.report;
      session.note(`${model.id}: ${formatWeights(choice)}${formatBytes(choice.sizeBytes)}; handler ${handler.name}`);
      if (verdict.fits ? verdict.tight : force) for (const line of formatVerdict(verdict, session.colours(session.stderr))) session.note(line);
      for (const line of formatNotes(notes, session.colours(session.stderr))) session.note(line);
      return;
    }
    case 'download':
      return progress.update(event.progress);
    case 'validate':
      progress.stop();
      return session.note('Checking the files');
    case 'done':
      if (event.alreadyInstalled) session.note('It was installed already; every file is there.');
  }
}

function eventDocument(event: InstallEvent): unknown {
  switch (event.type) {
    case 'check':
      return { type: 'check', ...(checkDocument(event.report) as object) };
    case 'done':
      return toDocument({ ...event, model: installedDocument(event.model) });
    case 'download':
    case 'validate':
      return toDocument(event);
  }
}
