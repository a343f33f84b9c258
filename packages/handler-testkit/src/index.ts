export type { TestModel } from './check.js';
export { checkHandler } from './check-handler.js';
export { checklist, type ChecklistItem } from './checklist.js';
export { describeHandler } from './describe-handler.js';
export { readModelFacts } from './model-facts.js';
export type { ConformanceOptions } from './options.js';
export { ConformanceReport, type CheckResult } from './report.js';
export type { TestRunner } from './test-runner.js';
