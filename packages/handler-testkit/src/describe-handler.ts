import type { HandlerDefinition } from '@llmi/core';
import type { Check } from './check.js';
import { checklist, checklistItems } from './checklist.js';
import { modelChecks, packageChecks } from './checks/index.js';
import { HandlerPackage } from './handler-package.js';
import { ModelUnderTest } from './model-under-test.js';
import { resolveOptions, type ConformanceOptions } from './options.js';
import { runCheck } from './run-check.js';
import { testRunner, type TestRunner } from './test-runner.js';

/**
 * The conformance suite as tests of vitest or node:test, whichever runs: grouped as the handler checklist is.
 * `runner` is for another runner with `describe`, `it` and `after`.
 */
export function describeHandler(definition: HandlerDefinition, options: ConformanceOptions & { runner?: TestRunner }): void {
  const { models, folder, timeoutMs } = resolveOptions(options);
  const { describe, it, after } = options.runner ?? testRunner;
  const handlerPackage = new HandlerPackage(definition, folder, Math.min(timeoutMs / 2, 10_000));
  const register = <Subject>(checks: readonly Check<Subject>[], subject: Subject) => {
    for (const item of checklistItems) {
      const own = checks.filter((check) => check.item === item);
      if (own.length === 0) continue;
      describe(checklist[item], () => {
        for (const check of own) {
          it(check.name, async (context) => {
            const skipped = await runCheck(check, subject, timeoutMs);
            if (skipped) context.skip(skipped.notApplicable);
          });
        }
      });
    }
  };
  describe(`handler "${definition.name}"`, () => {
    register(packageChecks, handlerPackage);
    for (const spec of models) {
      const subject = new ModelUnderTest(handlerPackage, spec);
      describe(`with ${subject.name}`, () => {
        after(() => subject[Symbol.asyncDispose]());
        register(modelChecks, subject);
      });
    }
  });
}
