import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LlmiError } from '@llmi/core';

/** Only its owner may read it. @throws {LlmiError} PERMISSION_DENIED, DISK_FULL */
export async function writeToken(file: string, token: string): Promise<void> {
  const aside = `${file}.${randomUUID()}.new`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(aside, token, { mode: 0o600, flag: 'wx' });
    await rename(aside, file);
  } catch (cause) {
    await rm(aside, { force: true }).catch(() => {}); // where nothing can be written, nothing can be left either
    throw notWritten(file, cause);
  }
}

/** True when there was one. @throws {LlmiError} PERMISSION_DENIED */
export async function removeToken(file: string): Promise<boolean> {
  if (!(await stat(file).catch(() => undefined))) return false;
  await rm(file).catch((cause: unknown) => {
    throw notWritten(file, cause);
  });
  return true;
}

function notWritten(file: string, cause: unknown): LlmiError {
  const isFull = ['ENOSPC', 'EDQUOT'].includes((cause as NodeJS.ErrnoException).code ?? '');
  return new LlmiError(isFull ? 'DISK_FULL' : 'PERMISSION_DENIED', {
    message: `${file} cannot be written.`,
    hint: isFull ? 'Free some space.' : 'Give yourself the right to write there, or set HF_HOME to a folder of your own.',
    cause,
  });
}
