// Publishes every package whose version is new. `--dry-run` packs them all and tells what each would weigh, and under which licences it depends on others.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const pnpm = (args, options = {}) => execFileSync('pnpm', args, { cwd: root, stdio: 'inherit', ...options });

pnpm(['build']);
if (!process.argv.includes('--dry-run')) {
  pnpm(['exec', 'changeset', 'publish']);
} else {
  const folder = mkdtempSync(join(tmpdir(), 'llmi-release-'));
  try {
    for (const { name, path, private: isPrivate } of JSON.parse(pnpm(['list', '--recursive', '--depth', '-1', '--json'], { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' }))) {
      if (isPrivate || !existsSync(join(path, 'package.json'))) continue;
      const { version } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
      const [packed] = [JSON.parse(pnpm(['pack', '--pack-destination', folder, '--json'], { cwd: path, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' }))].flat();
      console.log(`${name.padEnd(32)} ${version.padEnd(8)} ${(statSync(packed.filename).size / 1000).toFixed(1).padStart(9)} kB packed, ${String(packed.files.length).padStart(4)} files`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const licences = JSON.parse(pnpm(['licenses', 'list', '--prod', '--json'], { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' }));
  console.log('\nLicences of what the packages depend on:');
  for (const [licence, packages] of Object.entries(licences).sort(([, left], [, right]) => right.length - left.length)) console.log(`  ${licence}: ${packages.length}`);
}
