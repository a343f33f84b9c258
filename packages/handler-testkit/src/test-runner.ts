/** What the suite needs of a test runner: both vitest and node:test have it. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: (context: { skip(reason?: string): void }) => Promise<void>): unknown;
  /** Registers what runs when the tests of a `describe` are done. */
  after(body: () => Promise<void>): unknown;
}

/** The runner that this process was started by: vitest's worker says so in the global scope. */
async function findRunner(): Promise<TestRunner> {
  if ('__vitest_worker__' in globalThis) {
    const { describe, it, afterAll } = await import('vitest');
    return { describe, it: (name, body) => it(name, { timeout: 0 }, body), after: afterAll };
  }
  const { describe, it, after } = await import('node:test');
  return { describe, it, after };
}

export const testRunner = await findRunner();
