import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const folder = fileURLToPath(new URL('..', import.meta.url));
const program = join(folder, 'bin', 'llmi.js');
const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };

const llmi = (...argv: string[]) => llmiOn(process.execPath, ...argv);

function llmiOn(node: string, ...argv: string[]) {
  const home = mkdtempSync(join(tmpdir(), 'llmi-built-'));
  const { PATH, SystemRoot } = process.env;
  return spawnSync(node, [program, ...argv], { cwd: home, encoding: 'utf8', input: '', env: { PATH, SystemRoot, HOME: home, USERPROFILE: home, HF_HUB_OFFLINE: '1' } });
}

describe('llmi before it is built', () => {
  it('says how to build it', () => {
    const copy = mkdtempSync(join(tmpdir(), 'llmi-unbuilt-'));
    cpSync(join(folder, 'bin'), join(copy, 'bin'), { recursive: true });
    cpSync(join(folder, 'package.json'), join(copy, 'package.json'));
    const { status, stderr } = spawnSync(process.execPath, [join(copy, 'bin', 'llmi.js'), 'list'], { encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toBe('error: llmi is not built yet.\n  Run "pnpm install" and "pnpm build" at the root of the repository.\n');
  });
});

describe.skipIf(!existsSync(join(folder, 'dist', 'main.js')))('llmi as built', () => {
  it.each([
    [['--version'], 0, `${version}\n`],
    [['-V'], 0, `${version}\n`],
    [[], 0, /Usage: llmi/],
    [['help', 'run'], 0, /--max-tokens <number>/],
    [['list'], 0, ''],
    [['list', '--json'], 0, '{"models":[],"broken":[],"total_bytes":0}\n'],
    [['lst'], 2, ''],
    [['run'], 2, ''],
    [['serve', '--port', 'x'], 2, ''],
    [['config', 'set', 'nothing', '1'], 2, ''],
    [['run', 'org/none', 'Hi'], 3, ''],
    [['show', 'org/none'], 3, ''],
    [['remove', 'org/none', '--yes'], 3, ''],
    [['serve', 'org/none'], 3, ''],
    [['check', './nowhere'], 3, ''],
  ])('%j ends with %i', (argv, exitCode, out) => {
    const { status, stdout, stderr } = llmi(...argv);
    expect(status, stderr).toBe(exitCode);
    if (typeof out === 'string') expect(stdout).toBe(out);
    else expect(stdout).toMatch(out);
    if (exitCode !== 0) expect(stderr).toMatch(/^error: .+\n {2}.+/);
  });

  it.each([['handlers'], ['config'], ['doctor'], ['completion', 'bash'], ['run', 'org/none', 'Hi'], ['check', './nowhere']])('%s prints one JSON document with --json', (...argv) => {
    const { stdout, stderr } = llmi(...argv.filter((word) => typeof word === 'string'), '--json');
    expect(stdout.endsWith('\n'), stderr).toBe(true);
    expect(typeof JSON.parse(stdout)).toBe('object');
    expect(stderr).toBe('');
  });

  it('finds the handlers that come along', () => {
    const { handlers, problems } = JSON.parse(llmi('handlers', '--json').stdout) as { handlers: { name: string; origin: string }[]; problems: unknown[] };
    expect(handlers.map(({ name }) => name)).toEqual(expect.arrayContaining(['embedding', 'transformer']));
    expect(problems).toEqual([]);
  });

  for (const release of [20, 22]) {
    const node = join(folder, '..', '..', 'tooling', 'node-versions', 'node_modules', `node${release}`, 'bin', 'node');
    it.skipIf(!existsSync(node))(`runs on Node ${release} too`, () => {
      expect(llmiOn(node, '--version')).toMatchObject({ status: 0, stdout: `${version}\n` });
      expect(llmiOn(node, 'list', '--json')).toMatchObject({ status: 0, stdout: '{"models":[],"broken":[],"total_bytes":0}\n' });
      expect(llmiOn(node, 'run', 'org/none', 'Hi')).toMatchObject({ status: 3, stderr: expect.stringContaining('llmi install org/none') });
      expect(llmiOn(node, 'serve', '--port', 'x')).toMatchObject({ status: 2 });
    });
  }

  it('ends quietly when nobody reads on', async () => {
    const child = spawn(process.execPath, [program, 'completion', 'bash'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
    const exitCode = await new Promise((resolve) => child.on('close', resolve));
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  });
});
