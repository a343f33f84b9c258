import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { LlmiError } from '@llmi/core';
import { checkGguf } from './check-gguf.js';

/** `model-00001-of-00003.gguf`: how llama.cpp names the parts of a split model. */
const firstPart = /-00001-of-(\d{5})\.gguf$/i;

/** The files of a model, of which `path` is the first. */
export function modelParts(path: string): string[] {
  const count = firstPart.exec(path)?.[1];
  if (count === undefined) return [path];
  return Array.from({ length: Number(count) }, (_, index) => path.replace(firstPart, `-${String(index + 1).padStart(5, '0')}-of-${count}.gguf`));
}

/**
 * Checks that every part is there and whole. Returns the size of all together in bytes, and that of the tensors by type.
 * @throws {LlmiError} MODEL_FILE_MISSING, MODEL_FILE_CORRUPT
 */
export async function checkParts(path: string): Promise<{ fileBytes: number; bytesByType: Map<number, number> }> {
  let fileBytes = 0;
  const bytesByType = new Map<number, number>();
  for (const part of modelParts(path)) {
    const found = await stat(part).catch(() => undefined);
    if (!found?.isFile()) throw new LlmiError('MODEL_FILE_MISSING', { message: `The model file ${basename(part)} is missing.`, hint: 'Install the model again.' });
    for (const [type, bytes] of await checkGguf(part, found.size)) bytesByType.set(type, (bytesByType.get(type) ?? 0) + bytes);
    fileBytes += found.size;
  }
  return { fileBytes, bytesByType };
}
