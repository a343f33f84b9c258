import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, realpath, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const workspace = join(import.meta.dirname, '../../../..');

interface PackageJson {
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

const readPackage = async (folder: string): Promise<PackageJson> => JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as PackageJson;

/** The folder of one of our packages. */
const ownFolder = (name: string) => join(workspace, 'packages', name.replace('@llmi/', ''));

/** Packs a folder as it would be published, and unpacks it at `target`. */
export async function unpackInto(folder: string, target: string, pack = 'pnpm'): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'llmi-pack-'));
  try {
    const { stdout } = await run(pack, ['pack', '--pack-destination', scratch, '--json', ...(pack === 'npm' ? ['--ignore-scripts'] : [])], { cwd: folder });
    const answer = JSON.parse(stdout) as { filename: string } | [{ filename: string }] | Record<string, { filename: string }>;
    const { filename } = ('filename' in answer ? answer : Object.values(answer)[0]) as { filename: string };
    await mkdir(target, { recursive: true });
    await run('tar', ['-xzf', join(scratch, basename(filename)), '-C', target, '--strip-components=1']);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/**
 * What `npm install` does, without a registry: our packages from tarballs of the workspace, the others as links to what the workspace
 * has of them.
 */
export async function installOffline(project: string): Promise<void> {
  const { dependencies, devDependencies } = await readPackage(project);
  await installAll({ ...dependencies, ...devDependencies }, workspace, join(project, 'node_modules'));
  const compiler = join(project, 'node_modules/typescript/bin/tsc');
  if (!existsSync(compiler)) return;
  await mkdir(join(project, 'node_modules/.bin'), { recursive: true });
  await symlink(compiler, join(project, 'node_modules/.bin/tsc'));
}

async function installAll(dependencies: Record<string, string>, from: string, modules: string): Promise<void> {
  for (const name of Object.keys(dependencies)) {
    const target = join(modules, name);
    if (existsSync(target)) continue;
    if (name.startsWith('@llmi/')) {
      await unpackInto(ownFolder(name), target);
      await installAll((await readPackage(target)).dependencies ?? {}, ownFolder(name), modules);
    } else {
      await mkdir(dirname(target), { recursive: true });
      await symlink(await realpath(installedFolder(name, from)), target);
    }
  }
}

/** Where the workspace has a package: in the folder of the one that needs it, or in its root. */
function installedFolder(name: string, from: string): string {
  const paths = createRequire(join(from, 'package.json')).resolve.paths(name) ?? [];
  const found = [...paths, join(workspace, 'node_modules')].map((modules) => join(modules, name)).find((folder) => existsSync(folder));
  if (found === undefined) throw new Error(`The workspace has no ${name}: pnpm install`);
  return found;
}
