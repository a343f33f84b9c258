import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromWire, LlmiError, toWire, type ModelFile } from '@llmi/core';
import type { InstalledModel } from '@llmi/hub';
import { z } from 'zod';

export const lockFileName = 'llmi.lock';
const version = 1;

const fileSchema = z.object({ path: z.string(), sizeBytes: z.number(), sha256: z.string().optional(), gitSha1: z.string().optional() });
const entrySchema = z.object({
  reference: z.string(), // as package.json has it
  id: z.string(), // what it stands for
  revision: z.string().optional(), // commit; a local model has none
  quantization: z.string().optional(),
  converted: z.string().optional(), // type of the weights that were made here
  files: z.array(fileSchema),
});
const lockSchema = z.object({ lockfileVersion: z.literal(version), models: z.record(z.string(), entrySchema) });

export type LockEntry = z.infer<typeof entrySchema>;
export type LockedModels = Record<string, LockEntry>;

/** @throws {LlmiError} CONFIG_INVALID */
export async function readLock(folder: string): Promise<LockedModels> {
  const file = join(folder, lockFileName);
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return {};
  try {
    return fromWire(lockSchema, JSON.parse(text)).models;
  } catch (cause) {
    throw new LlmiError('CONFIG_INVALID', { message: `${file} cannot be read: ${(cause as Error).message}`, hint: 'Restore it from version control, or delete it and run: llmi install', cause });
  }
}

/** The same models give the same bytes, whoever writes them: names and paths in order, no times, no places. */
export async function writeLock(folder: string, models: LockedModels): Promise<void> {
  const file = join(folder, lockFileName);
  const ordered = Object.fromEntries(Object.keys(models).sort().map((alias) => [alias, models[alias]!]));
  const text = `${JSON.stringify(toWire(lockSchema, { lockfileVersion: version, models: ordered }), null, 2)}\n`;
  if ((await readFile(file, 'utf8').catch(() => '')) === text) return;
  const aside = `${file}.${randomUUID()}.new`;
  try {
    await writeFile(aside, text);
    await rename(aside, file);
  } catch (cause) {
    await rm(aside, { force: true });
    const isFull = ['ENOSPC', 'EDQUOT'].includes((cause as NodeJS.ErrnoException).code ?? '');
    throw new LlmiError(isFull ? 'DISK_FULL' : 'PERMISSION_DENIED', { message: `${file} cannot be written.`, hint: isFull ? 'Free some space.' : 'Give yourself the right to write there, or use --frozen.', cause });
  }
}

/** What a lock says of an installed model. */
export function lockEntry(reference: string, { id, revision, info, converted, files }: Pick<InstalledModel, 'id' | 'revision' | 'info' | 'converted' | 'files'>): LockEntry {
  const listed = files.map(({ path, sizeBytes, sha256, gitSha1 }) => ({ path, sizeBytes, sha256, gitSha1: sha256 === undefined ? gitSha1 : undefined }));
  return { reference, id, revision, quantization: info.quantization, converted: converted?.type, files: listed.sort((left, right) => (left.path < right.path ? -1 : 1)) };
}

/** True when the same bytes are meant. */
export function sameEntry(left: LockEntry, right: LockEntry): boolean {
  return JSON.stringify(toWire(entrySchema, left)) === JSON.stringify(toWire(entrySchema, right));
}

/** True for an installed model that is what the lock says. */
export function isLocked(model: InstalledModel, entry: LockEntry): boolean {
  return sameEntry(lockEntry(entry.reference, model), entry);
}

/** The files of `chosen` that are not as the lock has them. */
export function differingFiles(entry: LockEntry, chosen: readonly ModelFile[]): string[] {
  const proofOf = ({ sizeBytes, sha256, gitSha1 }: ModelFile) => sha256 ?? gitSha1 ?? String(sizeBytes);
  const locked = new Map(entry.files.map((file) => [file.path, proofOf(file)]));
  const found = new Map(chosen.map((file) => [file.path, proofOf(file)]));
  return [...new Set([...locked.keys(), ...found.keys()])].filter((path) => locked.get(path) !== found.get(path)).sort();
}
