// What the command line weighs on disk, packed as it would be published and installed by npm, against the two engines of Node.js that people
// would install instead; as it comes, and after "llmi slim". Needs the npm registry.
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const environment = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };

export default async function bench() {
  const folder = mkdtempSync(join(tmpdir(), 'llmi-bench-'));
  try {
    const run = (command, args, cwd) => execFileSync(command, args, { cwd, env: environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 28 });
    const tarballs = workspacePackages().map((path) => JSON.parse(run('pnpm', ['pack', '--json', '--pack-destination', folder], path)).filename);
    const installed = (name, packages) => {
      const place = join(folder, name);
      mkdirSync(place);
      writeFileSync(join(place, 'package.json'), '{ "name": "empty", "version": "1.0.0" }');
      run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...packages], place);
      return place;
    };
    const weight = (place) => size(join(place, 'node_modules')) / 1e6;
    const engines = weight(installed('engines', ['node-llama-cpp', '@huggingface/transformers']));
    const ours = installed('llmi', tarballs);
    const before = weight(ours);
    const llmi = (...words) => run(process.execPath, [join(ours, 'node_modules/llmi/bin/llmi.js'), ...words, '--home', join(folder, 'home')], ours);
    llmi('slim', '--yes');
    llmi('run', 'llmi/demo', 'Hello', '--max-tokens', '4'); // it still works
    const after = weight(ours);
    const detail = `${before.toFixed(0)} MB, ${after.toFixed(0)} MB after "llmi slim"; node-llama-cpp and @huggingface/transformers ${engines.toFixed(0)} MB`;
    return [
      { name: 'llmi on disk / both engines, as npm installs it', value: before / engines, unit: 'ratio', detail },
      { name: 'llmi on disk / both engines, after "llmi slim"', value: after / engines, unit: 'ratio', target: 0.6, atLeast: false, detail },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function workspacePackages() {
  const folders = ['packages', 'apps'].flatMap((parent) => readdirSync(join(root, parent)).map((name) => join(root, parent, name)));
  return folders.filter((path) => existsSync(join(path, 'package.json')) && !JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')).private);
}

function size(path) {
  const status = lstatSync(path);
  return status.isDirectory() ? readdirSync(path).reduce((sum, name) => sum + size(join(path, name)), 0) : status.size;
}
