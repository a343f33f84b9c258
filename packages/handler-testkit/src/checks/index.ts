import type { ModelCheck } from '../check.js';
import { cancelChecks } from './cancel-checks.js';
import { concurrencyChecks } from './concurrency-checks.js';
import { fileChecks } from './file-checks.js';
import { inputChecks } from './input-checks.js';
import { manifestChecks } from './manifest-checks.js';
import { memoryChecks } from './memory-checks.js';
import { methodChecks } from './method-checks.js';
import { modeChecks } from './mode-checks.js';
import { requirementChecks } from './requirement-checks.js';
import { resultChecks } from './result-checks.js';
import { streamChecks } from './stream-checks.js';

export { packageChecks } from './package-checks.js';

/** Everything that is checked with each model, memory last: the others warm it up. */
export const modelChecks: ModelCheck[] = [
  ...manifestChecks,
  ...methodChecks,
  ...requirementChecks,
  ...fileChecks,
  ...modeChecks,
  ...inputChecks,
  ...streamChecks,
  ...resultChecks,
  ...cancelChecks,
  ...concurrencyChecks,
  ...memoryChecks,
];
