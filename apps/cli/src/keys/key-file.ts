import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { LlmiError } from '@llmi/core';
import { z } from 'zod';
import { readJsonObject, writeJsonFile } from '../settings/config-file.js';

/** What a key can be good for. Source: `scopes` of @llmi/server. */
export const scopes = ['generate', 'manage', 'metrics'] as const;

const storedKeySchema = z.strictObject({
  name: z.string(),
  hash: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  scopes: z.array(z.enum(scopes)).min(1).optional(),
  models: z.array(z.string().min(1)).min(1).optional(),
  expires_at: z.iso.datetime().optional(),
  created_at: z.iso.datetime(),
});

/** A key as the file has it: whoever reads the file cannot use it. */
export type StoredKey = z.infer<typeof storedKeySchema>;

const fileSchema = z.strictObject({ keys: z.array(storedKeySchema) });

export const keysPath = (home: string): string => join(home, 'keys.json');

/** @throws {LlmiError} CONFIG_INVALID, PERMISSION_DENIED */
export function readKeys(home: string): StoredKey[] {
  const file = keysPath(home);
  const content = readJsonObject(file);
  if (content === undefined) return [];
  const parsed = fileSchema.safeParse(content);
  if (parsed.success) return parsed.data.keys;
  const [issue] = parsed.error.issues;
  throw new LlmiError('CONFIG_INVALID', { message: `${file} is not as llmi wrote it: ${issue!.path.join('.') || 'its content'}: ${issue!.message}`, hint: 'Correct it, or delete it and make the keys again with "llmi keys create".' });
}

/**
 * Makes a key of 256 random bits and keeps its hash.
 * @returns the key, which nobody can tell again
 * @throws {LlmiError} CONFIG_INVALID for a name that is taken, PERMISSION_DENIED, DISK_FULL
 */
export async function createKey(home: string, wanted: Pick<StoredKey, 'scopes' | 'models' | 'expires_at'> & { name?: string }): Promise<{ key: string; stored: StoredKey }> {
  const keys = readKeys(home);
  const name = wanted.name ?? freeName(keys);
  if (keys.some((other) => other.name === name)) throw new LlmiError('CONFIG_INVALID', { message: `There is a key "${name}" already.`, hint: `Take another name, or revoke it first: llmi keys revoke ${name}`, param: 'name' });
  const key = `llmi_${randomBytes(32).toString('base64url')}`;
  const { scopes, models, expires_at } = wanted;
  const stored: StoredKey = { name, hash: `sha256:${createHash('sha256').update(key).digest('hex')}`, scopes, models, expires_at, created_at: new Date().toISOString() };
  await writeJsonFile(keysPath(home), { keys: [...keys, stored] });
  return { key, stored };
}

/** @throws {LlmiError} NOT_FOUND, PERMISSION_DENIED, DISK_FULL */
export async function revokeKey(home: string, name: string): Promise<void> {
  const keys = readKeys(home);
  const left = keys.filter((key) => key.name !== name);
  if (left.length === keys.length) {
    throw new LlmiError('NOT_FOUND', { message: `There is no key "${name}".`, hint: keys.length === 0 ? 'There are none: "llmi keys create" makes one.' : `There are: ${keys.map((key) => key.name).join(', ')}.`, param: 'name' });
  }
  await writeJsonFile(keysPath(home), { keys: left });
}

function freeName(keys: StoredKey[]): string {
  for (let number = keys.length + 1; ; number++) {
    if (!keys.some(({ name }) => name === `key-${number}`)) return `key-${number}`;
  }
}
