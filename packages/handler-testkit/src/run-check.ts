import type { Check, NotApplicable } from './check.js';

/** Runs a check with a limit on its time: a handler that hangs fails it. */
export async function runCheck<Subject>(check: Check<Subject>, subject: Subject, timeoutMs: number): Promise<NotApplicable | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`The handler did not answer within ${timeoutMs / 1000} s.`)), timeoutMs);
  });
  try {
    return (await Promise.race([(async () => check.run(subject))(), patience])) ?? undefined;
  } finally {
    clearTimeout(timer);
  }
}
