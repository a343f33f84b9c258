import type { HandlerDefinition } from '@llmi/core';
import type { Check } from './check.js';
import { modelChecks, packageChecks } from './checks/index.js';
import { HandlerPackage } from './handler-package.js';
import { ModelUnderTest } from './model-under-test.js';
import { resolveOptions, type ConformanceOptions } from './options.js';
import { ConformanceReport, type CheckResult } from './report.js';
import { runCheck } from './run-check.js';

/** Runs the whole conformance suite without a test runner. */
export async function checkHandler(definition: HandlerDefinition, options: ConformanceOptions): Promise<ConformanceReport> {
  const { models, folder, timeoutMs } = resolveOptions(options);
  const handlerPackage = new HandlerPackage(definition, folder, Math.min(timeoutMs / 2, 10_000));
  const results: CheckResult[] = [];
  for (const check of packageChecks) results.push(await resultOf(check, handlerPackage, timeoutMs));
  for (const spec of models) {
    await using subject = new ModelUnderTest(handlerPackage, spec);
    for (const check of modelChecks) results.push({ ...(await resultOf(check, subject, timeoutMs)), model: subject.name });
  }
  return new ConformanceReport(definition.name, results);
}

async function resultOf<Subject>(check: Check<Subject>, subject: Subject, timeoutMs: number): Promise<CheckResult> {
  const { item, name } = check;
  try {
    const skipped = await runCheck(check, subject, timeoutMs);
    return skipped ? { item, name, outcome: 'not applicable', detail: skipped.notApplicable } : { item, name, outcome: 'passed' };
  } catch (error) {
    return { item, name, outcome: 'failed', detail: error instanceof Error ? error.message : String(error) };
  }
}
