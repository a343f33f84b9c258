import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { LlmiError } from '@llmi/core';
import { formatBytes } from '@llmi/core/units';
import { confirm } from '../confirm.js';
import { packageFolder } from '../package-folder.js';
import { formatTable } from '../render/table.js';
import type { CommonOptions, Session } from '../session.js';
import { findSurplus, type Surplus } from '../slim/find-surplus.js';

interface SlimOptions extends CommonOptions {
  yes?: boolean;
  dryRun?: boolean;
  gpu?: boolean;
}

const refused = 1;

/** Where Linux shows the GPUs that programs can use. */
const linuxGpus = '/dev/dri';

/** Deletes native parts for other machines from this installation. @throws {LlmiError} USAGE, PERMISSION_DENIED */
export async function run(session: Session, { yes, dryRun, gpu = false }: SlimOptions): Promise<number | void> {
  const { platform } = session.terminal;
  const { gpus } = await (await session.engine()).machine();
  const cuda = gpu || gpus.length > 0;
  const surplus = findSurplus(packageFolder, { platform, arch: process.arch, cuda, vulkan: cuda || platform !== 'linux' || existsSync(linuxGpus) });
  const freedBytes = surplus.reduce((sum, { bytes }) => sum + bytes, 0);
  if (!session.json) show(session, surplus);
  if (surplus.length > 0 && !dryRun) {
    if (!yes && !session.isInteractive) throw new LlmiError('USAGE', { message: 'Deleting them has to be confirmed.', hint: 'Without a terminal, say so with --yes: llmi slim --yes' });
    if (!yes && !(await confirm(session, `Delete them, ${formatBytes(freedBytes)}? Installing llmi again brings them back.`))) {
      session.note('Nothing was deleted.');
      return refused;
    }
    await deleteAll(surplus);
  }
  if (session.json) return session.document({ removed: dryRun ? [] : surplus.map(({ path }) => path), surplus, freed_bytes: dryRun ? 0 : freedBytes });
  if (surplus.length > 0) session.print(`${formatBytes(freedBytes)} ${dryRun ? 'would be' : 'are'} free again.`);
}

function show(session: Session, surplus: Surplus[]): void {
  if (surplus.length === 0) return session.print('Every native part of this installation is for this machine.');
  const rows = surplus.map(({ path, bytes, why }) => [formatBytes(bytes), path, why]);
  for (const line of formatTable(['BYTES', 'FOLDER', 'WHY'].map(session.colours().bold), rows)) session.print(line);
}

async function deleteAll(surplus: Surplus[]): Promise<void> {
  for (const { path } of surplus) {
    await rm(path, { recursive: true, force: true }).catch((cause: unknown) => {
      throw new LlmiError('PERMISSION_DENIED', { message: `${path} cannot be deleted.`, hint: 'Run it as whoever installed llmi: sudo llmi slim', cause });
    });
  }
}
