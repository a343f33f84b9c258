import type { OutputType } from '@llmi/convert';
import type { InstalledModel, Sibling } from '@llmi/hub';
import type { InstallEvent } from '../contract.js';

/** Ways to a model whose own files no handler reads. */
export interface Alternatives {
  id: string;
  /** Repositories with the same model in a format that is read, the best first. */
  siblings: Sibling[];
  /** Whether it can be converted here, and if not, why. */
  convertible: { ok: true } | { ok: false; reason: string };
  /** Bytes to fetch for a conversion. */
  sourceBytes: number;
}

/** What was decided: another repository, or converting this one. */
export type OtherFormat = { take: 'sibling'; id: string } | { take: 'conversion' };

export interface ConvertModelOptions {
  /** What the weights become; by default Q8_0 for a small model and Q4_K_M for a large one. */
  type?: OutputType;
  /** Leaves the weights that were fetched for it in the cache: a conversion to another type then fetches nothing. */
  keepSource?: boolean;
  /** File to write; without it the model is installed. */
  out?: string;
  signal?: AbortSignal;
  onEvent?: (event: InstallEvent) => void;
}

export interface ConvertedFile {
  path: string;
  sizeBytes: number;
  type: string;
  notes: string[];
  /** The installed model, without `out`. */
  model?: InstalledModel;
}
