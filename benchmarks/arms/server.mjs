import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The built command line, as a user runs it. */
export const cli = join(dirname(createRequire(import.meta.url).resolve('llmi/package.json')), 'bin', 'llmi.js');

/** `llmi serve` of models by their paths, with an empty llmi home. */
export async function startServer(modelPaths, environment = {}) {
  const home = mkdtempSync(join(tmpdir(), 'llmi-bench-'));
  const child = spawn(process.execPath, [cli, 'serve', ...[modelPaths].flat(), '--port', '0', '--json'], {
    env: { ...process.env, LLMI_HOME: home, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    output += chunk;
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0];
    if (url) {
      child.stdout.resume();
      return {
        url,
        pid: child.pid,
        async stop() {
          child.kill('SIGTERM');
          await once(child, 'exit');
          rmSync(home, { recursive: true, force: true });
        },
      };
    }
  }
  throw new Error(`llmi serve ended without an address: ${output}`);
}
