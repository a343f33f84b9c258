import { access, constants, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { LlmiError } from '@llmi/core';

/**
 * Makes sure that a file can be written, before a model works for it.
 * @throws {LlmiError} USAGE; what the system refuses, as it says it
 */
export async function checkOut(out: string, cwd: string): Promise<void> {
  const path = resolve(cwd, out);
  const there = await stat(path).catch(() => undefined);
  if (there?.isDirectory()) throw new LlmiError('USAGE', { message: `--out names a folder: ${out}`, hint: 'Name a file in it.' });
  const folder = dirname(path);
  const isFolder = await stat(folder).then((parent) => parent.isDirectory(), () => false);
  if (!isFolder) throw new LlmiError('USAGE', { message: `--out names a file in a folder that is not there: ${folder}`, hint: 'Make the folder first, or choose another.' });
  await access(there ? path : folder, constants.W_OK);
}
