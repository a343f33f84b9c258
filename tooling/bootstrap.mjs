// The two commands of the README, from a clone and nothing but Node.js: `npm start` and `npm test`.
// Runs on the Node.js it is started with, before anything is installed, so it imports only what Node.js brings along.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const binaries = join(root, 'node_modules', '.bin');
const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`llmi needs Node.js 20.19 or newer; this is ${process.versions.node}. Get it from https://nodejs.org`);
  process.exit(1);
}

/** Runs a program of the workspace with its own Node.js first on the path; ends this process when it fails. */
function run(command, args, environment = {}) {
  const { status, signal, error } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', PATH: `${binaries}${delimiter}${process.env.PATH}`, ...environment },
  });
  if (error) console.error(`${command} could not be started: ${error.message}`);
  if (status !== 0) process.exit(status ?? (signal === 'SIGINT' ? 130 : 1));
}

const [task, ...rest] = process.argv.slice(2);
run('npx', ['--yes', packageManager, 'install', '--frozen-lockfile', '--reporter=append-only', '--loglevel=error']);
run('turbo', ['run', 'build', '--output-logs=errors-only']);
if (task === 'test') run('vitest', ['run', ...rest]);
else run(process.execPath, [join(root, 'apps', 'cli', 'bin', 'llmi.js'), 'serve', ...rest]);
