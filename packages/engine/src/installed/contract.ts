import type { LlmiError } from '@llmi/core';
import type { BrokenFile, DownloadProgress } from '@llmi/hub';

/** How far the care for an installed model has come. */
export type CareEvent =
  | { type: 'verify'; name: string; progress: { file: string; bytes: number; totalBytes: number } }
  | { type: 'download'; name: string; progress: DownloadProgress }
  | { type: 'convert'; name: string; progress: { bytes: number; totalBytes: number; tensor: string } };

export interface CareOptions {
  /** Only tells: nothing is fetched or written. */
  check?: boolean;
  signal?: AbortSignal;
  onEvent?: (event: CareEvent) => void;
}

export interface FileChange {
  path: string;
  change: 'added' | 'changed' | 'removed';
  sizeBytes: number; // of the new file; of the former one when it is removed
}

/** What an update found or did for one model. */
export interface ModelUpdate {
  name: string;
  /** `pinned` to a commit and `local` are never moved; `renamed`: the repository has another name now; `failed`: see `error`. */
  status: 'current' | 'available' | 'updated' | 'pinned' | 'local' | 'renamed' | 'failed';
  from?: string; // commit
  to?: string;
  changes: FileChange[];
  downloadBytes: number; // to be fetched, or fetched
  freedBytes: number; // of the former commit
  renamedTo?: string;
  /** It was converted here, and is converted again: its changes are those of another repository's format, and not listed. */
  converted?: boolean;
  error?: LlmiError;
}

/** What a fix found or did for one model. */
export interface ModelFix {
  name: string;
  status: 'sound' | 'broken' | 'fixed' | 'failed';
  broken: BrokenFile[];
  fetchedBytes: number;
  error?: LlmiError;
}

export interface RemoveModelOptions {
  /** Only says what would be freed. */
  dryRun?: boolean;
  /** Leaves the files in the cache. */
  keepFiles?: boolean;
}
