import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

export interface PackageJson {
  name: string;
  version: string;
  private?: boolean;
  description?: string;
  keywords?: string[];
  license?: string;
  repository?: { url: string; directory: string };
  exports?: Record<string, unknown>;
  bin?: Record<string, string>;
  files?: string[];
  dependencies?: Record<string, string>;
  llmi?: { handlers?: unknown[] };
}

/** The packages that are published: every folder of packages/ and apps/ that is not private. */
export function publishedPackages(): { folder: string; content: PackageJson }[] {
  return ['packages', 'apps']
    .flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name)))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => ({ folder, content: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as PackageJson }))
    .filter(({ content }) => !content.private);
}
