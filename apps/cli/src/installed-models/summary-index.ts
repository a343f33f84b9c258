import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { InstalledSummary } from './summary.js';

const version = 1;

interface Entry {
  stamp: string; // of llmi.json; another one means it was written since
  summary: InstalledSummary;
}

/** What was read of every llmi.json before: a thousand of them hold tens of megabytes, of which a list shows a few words. */
export class SummaryIndex {
  readonly #seen: Record<string, Entry> = {};
  #isChanged = false;

  private constructor(
    private readonly file: string,
    private readonly known: Record<string, Entry>,
  ) {}

  static open(home: string): SummaryIndex {
    const file = join(home, 'cache', 'installed-models.json');
    try {
      const content = JSON.parse(readFileSync(file, 'utf8')) as { version?: number; models?: Record<string, Entry> };
      return new SummaryIndex(file, content.version === version ? (content.models ?? {}) : {});
    } catch {
      return new SummaryIndex(file, {}); // not there, or damaged: it is made anew
    }
  }

  get(folder: string, stamp: string): InstalledSummary | undefined {
    const entry = this.known[folder];
    return entry?.stamp === stamp ? entry.summary : undefined;
  }

  set(folder: string, stamp: string, summary: InstalledSummary): void {
    this.#isChanged ||= this.known[folder]?.stamp !== stamp;
    this.#seen[folder] = { stamp, summary };
  }

  /** Writes down what was seen, when it differs. A home that cannot be written costs speed only. */
  save(): void {
    if (!this.#isChanged && Object.keys(this.known).length === Object.keys(this.#seen).length) return;
    const aside = `${this.file}.${process.pid}.tmp`;
    try {
      mkdirSync(dirname(this.file), { recursive: true });
      writeFileSync(aside, JSON.stringify({ version, models: this.#seen }));
      renameSync(aside, this.file);
    } catch {
      rmSync(aside, { force: true });
    }
  }
}
