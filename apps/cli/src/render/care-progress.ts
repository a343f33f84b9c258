import type { CareEvent } from '@llmi/engine';
import type { Session } from '../session.js';
import { PercentLine } from './percent-line.js';
import { InstallProgress } from './progress.js';
import { toDocument } from './snake-case.js';

/** Shows how an update or a fix goes on: bars and a line for a person, a line of JSON for a program. */
export class CareProgress {
  readonly #download: InstallProgress;
  readonly #line: PercentLine;

  constructor(readonly session: Session) {
    this.#download = new InstallProgress(session);
    this.#line = new PercentLine(session);
  }

  update(event: CareEvent): void {
    if (this.session.json) return this.session.document(toDocument(event));
    if (event.type === 'download') {
      this.#line.stop();
      return this.#download.update(event.progress);
    }
    this.#download.stop();
    this.#line.update(event.type === 'verify' ? `Verifying ${event.name}:` : `Converting ${event.name}:`, event.progress);
  }

  stop(): void {
    this.#download.stop();
    this.#line.stop();
  }
}
