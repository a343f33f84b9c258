import { formatBytes } from '@llmi/core/units';
import type { Session } from '../session.js';

const redrawMs = 100;

/** One line on a terminal that says how far something has come; nothing elsewhere. */
export class PercentLine {
  #lastAt = 0;
  #isShown = false;

  constructor(readonly session: Session) {}

  update(what: string, { bytes, totalBytes }: { bytes: number; totalBytes: number }): void {
    const { stderr } = this.session;
    const now = Date.now();
    if (!stderr.isTTY || this.session.json || (now - this.#lastAt < redrawMs && bytes < totalBytes)) return;
    this.#lastAt = now;
    this.#isShown = true;
    const percent = totalBytes === 0 ? 100 : Math.floor((100 * bytes) / totalBytes);
    stderr.write(`\r\u001b[K${what} ${percent}% of ${formatBytes(totalBytes)}`);
  }

  /** Takes the line away. May be called twice. */
  stop(): void {
    if (this.#isShown) this.session.stderr.write('\r\u001b[K');
    this.#isShown = false;
  }
}
