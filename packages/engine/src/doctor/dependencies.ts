import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Dependency } from '@llmi/core';
import { z } from 'zod';

/** One npm package that a handler's model needs, and whether it is there. */
export interface DependencyStatus {
  name: string;
  range: string;
  optional: boolean;
  reason?: string;
  status: 'ok' | 'missing' | 'wrong';
  version?: string; // of what is there
  cure?: string;
}

const manifestSchema = z.object({ version: z.string() });

/** Looks for each package where the handler would import it from: the node_modules at and above its folder. No code is run. */
export async function examineDependencies(dependencies: readonly Dependency[], handlerFolder: string | undefined): Promise<DependencyStatus[]> {
  if (dependencies.length === 0) return [];
  const { default: satisfies } = await import('semver/functions/satisfies.js');
  return Promise.all(
    dependencies.map(async ({ name, range, optional = false, reason }): Promise<DependencyStatus> => {
      const version = await versionOf(name, handlerFolder ?? '.');
      const status = version === undefined ? 'missing' : satisfies(version, range, { includePrerelease: true }) ? 'ok' : 'wrong';
      return { name, range, optional, reason, status, version, ...(status === 'ok' ? {} : { cure: `Install it beside the handler: npm install "${name}@${range}"` }) };
    }),
  );
}

async function versionOf(name: string, folder: string): Promise<string | undefined> {
  const file = join(folder, 'node_modules', ...name.split('/'), 'package.json');
  const manifest = await readFile(file, 'utf8').then((text) => manifestSchema.safeParse(JSON.parse(text)), () => undefined).catch(() => undefined);
  if (manifest?.success) return manifest.data.version;
  const parent = dirname(folder);
  return parent === folder ? undefined : versionOf(name, parent);
}
