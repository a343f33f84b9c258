import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { demoModelPath } from '@llmi/demo-model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../workspace.ts';

const require = createRequire(import.meta.url);
const programOf = (name: string) => join(dirname(require.resolve(`${name}/package.json`)), 'bin', 'node');
const cli = join(root, 'apps/cli/bin/llmi.js');
const markov = join(root, 'examples/llmi-handler-markov');

let home: string;
beforeAll(async () => (home = await mkdtemp(join(tmpdir(), 'llmi-node-'))));
afterAll(() => rm(home, { recursive: true, force: true }));

describe.each([
  ['20', programOf('node20')],
  ['22', programOf('node22')],
  ['24', process.execPath],
])('on Node.js %s', (version, node) => {
  const llmi = async (args: string[], cwd = root) => {
    const running = promisify(execFile)(node, [cli, ...args], { cwd, env: { ...process.env, LLMI_HOME: home, HF_HOME: join(home, 'hf') } });
    running.child.stdin?.end(); // `run` reads what is piped into it, to the end
    return (await running).stdout.trim();
  };

  it('is that release', async () => {
    const { stdout } = await promisify(execFile)(node, ['--version']);
    expect(stdout).toMatch(new RegExp(`^v${version}\\.`));
  });

  it('lists models', async () => {
    expect(JSON.parse(await llmi(['list', '--json']))).toBeTruthy();
  });

  it('answers with the demo model', async () => {
    expect(await llmi(['run', demoModelPath, 'What is llmi?', '--temperature', '0', '--max-tokens', '64'])).toMatch(/llmi/i);
  });

  it('runs the example of a third-party handler, which gives the same text on every release', async () => {
    expect(await llmi(['run', join(markov, 'model'), 'the', '--seed', '7', '--max-tokens', '6'], markov)).toBe('sea is cold and the sea');
  });
});
