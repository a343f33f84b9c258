import type { LogEntry } from '@llmi/engine';
import type { Media } from './media.js';
import type { Metrics } from './observe/metrics.js';
import type { ServedEngine } from './observe/observed-engine.js';
import type { Access } from './security/access.js';
import type { Scrub } from './scrub.js';
import type { WorkInProgress } from './work-in-progress.js';

/** What the routes of every dialect stand on. */
export interface Gateway {
  readonly engine: ServedEngine;
  readonly metrics: Metrics;
  readonly version: string;
  readonly defaultModel: string | undefined;
  /** Clients may install and remove models. */
  readonly mayManage: boolean;
  /** Who may ask. */
  readonly access: Access;
  /** Longest body: of a form with files too. */
  readonly bodyLimitBytes: number;
  readonly media: Media;
  readonly work: WorkInProgress;
  readonly scrub: Scrub;
  readonly log: (entry: LogEntry) => void;
}
