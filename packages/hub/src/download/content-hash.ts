import { createHash, type Hash } from 'node:crypto';
import type { ModelFile } from '@llmi/core';

/** The hash that proves a file: sha256 where the hub lists one, otherwise git's blob id, sha1 over "blob <size>\0" and the content. */
export function contentHash(file: ModelFile): { hash: Hash; expected: string } {
  if (file.sha256 !== undefined) return { hash: createHash('sha256'), expected: file.sha256 };
  return { hash: createHash('sha1').update(`blob ${file.sizeBytes}\0`), expected: file.gitSha1 ?? '' };
}
