// What the command line costs before it does anything: against `node -e 0`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cli } from './arms/server.mjs';
import { alternate, median, timed } from './measure.mjs';

export default async function bench() {
  const home = mkdtempSync(join(tmpdir(), 'llmi-bench-'));
  const run = (args) => () => timed(() => once(spawn(process.execPath, args, { env: { ...process.env, LLMI_HOME: home }, stdio: 'ignore' }), 'exit'));
  try {
    const times = await alternate({ node: run(['-e', '0']), version: run([cli, '--version']), list: run([cli, 'list']) }, { repetitions: 15, warmups: 2 });
    const node = median(times.node);
    return ['version', 'list'].map((name) => ({
      name: `llmi ${name === 'version' ? '--version' : name} - node -e 0`,
      value: median(times[name]) - node,
      unit: 'ms',
      target: 60,
      atLeast: false,
      detail: `node -e 0 takes ${node.toFixed(1)} ms`,
    }));
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
