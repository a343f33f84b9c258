import type { InstallEvent } from '@llmi/engine';
import { formatBytes } from '@llmi/core/units';
import type { Session } from '../session.js';
import { checkDocument, formatNotes, formatVerdict, formatWeights } from './check-report.js';
import { installedDocument } from './model-document.js';
import { PercentLine } from './percent-line.js';
import { InstallProgress } from './progress.js';
import { toDocument } from './snake-case.js';

/** Tells how an installation goes on: in words and bars for a person, a line of JSON for a program. */
export class InstallReport {
  readonly #download: InstallProgress;
  readonly #line: PercentLine;

  constructor(
    readonly session: Session,
    readonly options: { force?: boolean } = {},
  ) {
    this.#download = new InstallProgress(session);
    this.#line = new PercentLine(session);
  }

  /** `alias`: what a project calls the model. */
  tell(event: InstallEvent, alias?: string): void {
    const { session } = this;
    if (session.json) return session.document({ ...(eventDocument(event) as object), ...(alias === undefined ? {} : { alias }) });
    switch (event.type) {
      case 'check':
        return this.#tellCheck(event.report, alias);
      case 'dependencies':
        for (const { name, range, status, version, cure } of event.lacking) {
          session.note(`${session.colours(session.stderr).yellow('note')} package ${name} ${range} ${status === 'missing' ? 'is missing' : `is needed, ${version} is there`}. ${cure ?? ''}`.trimEnd());
        }
        return;
      case 'download':
        return this.#download.update(event.progress);
      case 'convert':
        this.#download.stop();
        return this.#line.update('Converting:', event.progress);
      case 'validate':
        this.stop();
        return session.note('Checking the files');
      case 'done':
        this.stop();
        if (event.alreadyInstalled) session.note(`${alias === undefined ? 'It' : `${alias}: ${event.model.name}`} was installed already; every file is there.`);
    }
  }

  stop(): void {
    this.#download.stop();
    this.#line.stop();
  }

  #tellCheck({ model, handler, choice, verdict, notes }: Extract<InstallEvent, { type: 'check' }>['report'], alias?: string): void {
    const { session } = this;
    const colours = session.colours(session.stderr);
    session.note(`${alias === undefined ? '' : `${alias}: `}${model.id}: ${formatWeights(choice)}${formatBytes(choice.sizeBytes)}; handler ${handler.name}`);
    if (verdict.fits ? verdict.tight : this.options.force) for (const line of formatVerdict(verdict, colours)) session.note(line);
    for (const line of formatNotes(notes, colours)) session.note(line);
  }
}

function eventDocument(event: InstallEvent): unknown {
  switch (event.type) {
    case 'check':
      return { type: 'check', ...(checkDocument(event.report) as object) };
    case 'done':
      return toDocument({ ...event, model: installedDocument(event.model) });
    case 'download':
    case 'dependencies':
    case 'convert':
    case 'validate':
      return toDocument(event);
  }
}
