import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { LlmiError, toWire } from '@llmi/core';
import { pathProblem } from '../safe-path.js';
import { installedModelSchema, type InstalledModel } from './installed-model.js';

/** Files beside llmi.json by relative path: start.sh (mode 0o755), README.md ... */
export type ExtraFiles = Record<string, { content: string; mode?: number }>;

/**
 * Writes a model's folder. A new one is made beside its place and renamed into it; in an existing one every file is replaced whole,
 * llmi.json last, and what else is there (logs) stays. Files in `moved` are renamed into it.
 */
export async function writeModelFolder(folder: string, model: Omit<InstalledModel, 'folder'>, extraFiles: ExtraFiles, moved: Record<string, string> = {}): Promise<void> {
  const description = { content: `${JSON.stringify(toWire(installedModelSchema, model), null, 2)}\n` };
  const files = [...Object.entries(extraFiles), ['llmi.json', description] as const];
  for (const path of [...files.map(([name]) => name), ...Object.keys(moved)]) {
    const problem = pathProblem(path);
    if (problem !== undefined) throw new LlmiError('INPUT_INVALID', { message: `A model's folder cannot hold ${JSON.stringify(path)}: ${problem}.` });
  }
  const exists = (await stat(folder).catch(() => undefined))?.isDirectory() ?? false;
  const staged = exists ? folder : join(dirname(folder), `.staged-${basename(folder)}-${randomUUID()}`);
  try {
    for (const [path, from] of Object.entries(moved)) {
      await mkdir(dirname(join(staged, path)), { recursive: true });
      await rename(from, join(staged, path));
    }
    for (const [path, { content, mode }] of files as [string, { content: string; mode?: number }][]) {
      await mkdir(dirname(join(staged, path)), { recursive: true });
      await replaceFile(join(staged, path), content, mode);
    }
    if (!exists) await rename(staged, folder);
  } catch (error) {
    if (!exists) await rm(staged, { recursive: true, force: true });
    throw error;
  }
}

/** The file is the old one or the new one at any time, also after a power cut. */
async function replaceFile(path: string, content: string, mode = 0o644): Promise<void> {
  const aside = `${path}.${randomUUID()}.new`;
  try {
    await using handle = await open(aside, 'wx', mode);
    await handle.writeFile(content);
    await handle.chmod(mode); // the umask had its say in open()
    await handle.sync();
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
  await rename(aside, path);
}
