import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startScripts } from './start-script.js';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), "llmi start's $(touch pwned) "))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

it.skipIf(process.platform === 'win32')('runs the installation that wrote it, in the folder it lies in, whatever characters the paths have', () => {
  const installationDir = join(root, 'inst`id`');
  mkdirSync(join(installationDir, 'bin'), { recursive: true });
  writeFileSync(join(installationDir, 'bin', 'llmi.js'), '');
  const node = join(root, 'node "20"');
  writeFileSync(node, '#!/bin/sh\npwd\nprintf "%s\\n" "$@"\n');
  chmodSync(node, 0o755);
  const model = join(root, 'model');
  mkdirSync(model);
  const script = startScripts({ modelName: 'org/name', installationDir, nodePath: node })['start.sh']!;
  writeFileSync(join(model, 'start.sh'), script.content, { mode: script.mode });
  const output = execFileSync(join(model, 'start.sh'), ['--port', '9000'], { cwd: tmpdir(), encoding: 'utf8' });
  expect(output.trim().split('\n')).toEqual([model, join(installationDir, 'bin', 'llmi.js'), 'serve', '.', '--port', '9000']);
  expect(() => readFileSync(join(tmpdir(), 'pwned'))).toThrow();
});

it('doubles what cmd.exe would expand', () => {
  const { content } = startScripts({ modelName: 'a/b', installationDir: 'C:\\100%', nodePath: 'C:\\node.exe' })['start.cmd']!;
  expect(content).toContain('"C:\\100%%');
});
