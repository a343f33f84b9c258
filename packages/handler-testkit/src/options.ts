import { fileURLToPath } from 'node:url';
import type { TestModel } from './check.js';

export interface ConformanceOptions {
  models: [TestModel, ...TestModel[]];
  /** The folder of the handler's package.json; default: the folder one stands in, as under `npm test`. */
  packageFolder?: string | URL;
  /** Milliseconds that one check may take; default 60,000. */
  timeoutMs?: number;
}

interface ResolvedOptions {
  models: (TestModel & { path: string })[];
  folder: string;
  timeoutMs: number;
}

export function resolveOptions({ models, packageFolder = '.', timeoutMs = 60_000 }: ConformanceOptions): ResolvedOptions {
  return { models: models.map((model) => ({ ...model, path: asPath(model.path) })), folder: asPath(packageFolder), timeoutMs };
}

const asPath = (place: string | URL): string => (place instanceof URL ? fileURLToPath(place) : place);
