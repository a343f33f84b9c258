import { mkdir, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LlmiError } from '@llmi/core';
import { formatBytes } from '@llmi/core/units';

/** What a failed write means to a person; other errors as they are. */
export function diskError(error: unknown, path: string): unknown {
  switch ((error as NodeJS.ErrnoException | undefined)?.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new LlmiError('DISK_FULL', {
        message: `There is no space left for ${path}.`,
        hint: 'Free some space, or set HF_HOME to another disk; then run the command again: it goes on where it stopped.',
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return cannotWrite(path, error);
    default:
      return error;
  }
}

function cannotWrite(path: string, cause: unknown): LlmiError {
  return new LlmiError('PERMISSION_DENIED', {
    message: `${path} cannot be written.`,
    hint: 'Check the owner and the mode of the folder, or set HF_HOME and LLMI_HOME to folders of your own.',
    cause,
  });
}

/** Makes a folder with those above it. @throws {LlmiError} PERMISSION_DENIED, DISK_FULL */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    const isReadOnly = (error as NodeJS.ErrnoException).code === 'ENOENT'; // what Node makes of EROFS here
    throw isReadOnly ? cannotWrite(path, error) : diskError(error, path);
  }
}

/** Refuses a download that cannot fit, before its first byte. @throws {LlmiError} DISK_FULL */
export async function requireSpace(folder: string, bytes: number): Promise<void> {
  const free = await freeBytes(folder);
  if (free === undefined || bytes <= free) return;
  throw new LlmiError('DISK_FULL', {
    message: `${formatBytes(bytes)} are to be downloaded, and ${folder} has ${formatBytes(free)} free.`,
    hint: 'Free some space, choose a smaller quantization, or set HF_HOME to another disk.',
  });
}

/** Bytes that this user may still write in `folder`, or where it will be made. */
async function freeBytes(folder: string): Promise<number | undefined> {
  const status = await statfs(folder).catch(() => undefined);
  if (status) return status.bavail * status.bsize;
  return dirname(folder) === folder ? undefined : freeBytes(dirname(folder));
}
