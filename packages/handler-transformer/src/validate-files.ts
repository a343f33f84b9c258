import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { chosenFiles, LlmiError, type ModelFile, type ModelInfo, type Validation } from '@llmi/core';
import { isGguf, resolveModelPath } from './model-path.js';

const magic = 'GGUF';
const partOfSplit = /-\d{5}-of-\d{5}\.gguf$/i;

/** Looks at every GGUF file of the model: there, whole, and a GGUF file. */
export async function validateFiles(model: ModelInfo, path: string): Promise<Validation> {
  try {
    const { folder, file } = await resolveModelPath(path, model);
    const expected = chosenFiles(model).filter((entry) => isGguf(entry.path));
    const checks: { at: string; entry?: ModelFile }[] =
      file === path || expected.length === 0 ? [{ at: file, entry: expected.find((entry) => file.endsWith(entry.path)) }] : expected.map((entry) => ({ at: join(folder, entry.path), entry }));
    const problems: string[] = [];
    for (const { at, entry } of checks) {
      const problem = await checkFile(at, entry, minimumBytes(model, entry));
      if (problem !== undefined) problems.push(problem);
    }
    return problems.length === 0 ? { ok: true } : { ok: false, error: problems.join(' '), hint: 'Install the model again.' };
  } catch (error) {
    const { message, hint } = LlmiError.from(error);
    return { ok: false, error: message, hint };
  }
}

/** Header and tensors together; the padding in between only adds to it. A split model's header tells of all its parts. */
function minimumBytes({ gguf }: ModelInfo, entry: ModelFile | undefined): number {
  return gguf !== undefined && entry?.path === gguf.file && !partOfSplit.test(entry.path) ? gguf.metadataBytes + gguf.tensorBytes : 0;
}

async function checkFile(path: string, entry: ModelFile | undefined, minimum: number): Promise<string | undefined> {
  const name = entry?.path ?? path.slice(path.search(/[^/\\]*$/));
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) return `${name} is missing.`;
  if (entry && found.size !== entry.sizeBytes) return `${name} has ${found.size} bytes instead of ${entry.sizeBytes}: it is ${found.size < entry.sizeBytes ? 'truncated' : 'not the file it was'}.`;
  if (found.size < minimum) return `${name} has ${found.size} bytes, but its header describes ${minimum}: it is truncated.`;
  return (await startsWithMagic(path)) ? undefined : `${name} is not a GGUF file.`;
}

async function startsWithMagic(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return bytesRead === 4 && buffer.toString('latin1') === magic;
  } finally {
    await file.close();
  }
}
