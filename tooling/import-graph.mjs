// The packages and what each imports of the others, read from their source by dependency-cruiser: types count, tests do not.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** `{ folder, name, isHandler }` of every package, in the order of their folders. */
export function packages() {
  return ['apps', 'packages'].flatMap((group) =>
    readdirSync(join(root, group))
      .map((name) => `${group}/${name}`)
      .filter((folder) => existsSync(join(root, folder, 'package.json')))
      .map((folder) => {
        const { name, llmi } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
        return { folder, name, isHandler: llmi?.handlers !== undefined };
      }),
  );
}

let known;

/** Folders of packages by the folder of the one that imports them. Reading every file takes seconds: it is done once. */
export function importGraph() {
  return (known ??= readGraph());
}

function readGraph() {
  const program = join(root, 'node_modules', '.bin', 'depcruise');
  const options = { cwd: root, encoding: 'utf8', maxBuffer: 256 * 2 ** 20, stdio: ['ignore', 'pipe', 'ignore'], shell: process.platform === 'win32' };
  let output;
  try {
    output = execFileSync(program, ['packages', 'apps', '--config', 'tooling/dependency-cruiser.cjs', '--output-type', 'json'], options);
  } catch (error) {
    output = error.stdout; // it exits with the number of violations, which are lint's business
  }
  const graph = new Map(packages().map(({ folder }) => [folder, new Set()]));
  const folders = new Map(packages().map(({ folder, name }) => [name, folder]));
  for (const { source, dependencies } of JSON.parse(output).modules) {
    const from = /^((?:packages|apps)\/[^/]+)\/src\/(?!.*\.test\.ts$)/.exec(source)?.[1];
    for (const { module } of from ? dependencies : []) {
      const to = folders.get(/^(@[^/]+\/)?[^/]+/.exec(module)?.[0]); // by its name: what it resolves to is there only once it is built
      if (to !== undefined && to !== from) graph.get(from).add(to);
    }
  }
  return graph;
}
