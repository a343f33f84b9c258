import type { Engine, LogEntry } from '@llmi/engine';
import type { Scrub } from './scrub.js';
import type { WorkInProgress } from './work-in-progress.js';

/** What the routes of every dialect stand on. */
export interface Gateway {
  readonly engine: Engine;
  readonly version: string;
  readonly defaultModel: string | undefined;
  readonly work: WorkInProgress;
  readonly scrub: Scrub;
  readonly log: (entry: LogEntry) => void;
}
