import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Runs a program of the workspace; what it printed is the message of a failure. */
async function findings(program: string, args: string[]): Promise<string> {
  try {
    await promisify(execFile)(join(root, 'node_modules', '.bin', program), args, { cwd: root, maxBuffer: 64 * 2 ** 20, env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' } });
    return '';
  } catch (error) {
    const { stdout, stderr, message } = error as { stdout?: string; stderr?: string; message: string };
    return `${stdout ?? ''}${stderr ?? ''}` || message;
  }
}

it.each([
  ['types', 'turbo', ['run', 'typecheck', '--output-logs=errors-only', '--concurrency=1']],
  ['lint rules', 'eslint', ['.']],
  ['import directions', 'depcruise', ['packages', 'apps', '--config', 'tooling/dependency-cruiser.cjs']],
  ['nothing unused', 'knip', []],
])('the source keeps to its %s', { timeout: 600_000 }, async (_what, program, args) => {
  expect(await findings(program, args)).toBe('');
});
