import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LlmiError } from '@llmi/core';
import { z } from 'zod';

const aliasPattern = /^[a-z0-9][\w.-]{0,63}$/i;
const modelsSchema = z.record(z.string().regex(aliasPattern, 'a name of letters, digits, ".", "_" and "-"'), z.string().min(1));

/** The models that a project declares in the `llmi` field of its package.json, by the names it gives them. */
export interface ProjectManifest {
  folder: string;
  file: string;
  models: Record<string, string>;
}

/** The nearest folder with a package.json, at or above `folder`. */
export function findProject(folder: string): string | undefined {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const parent = dirname(folder);
  return parent === folder ? undefined : findProject(parent);
}

/**
 * What the project in `folder` declares; undefined where there is no package.json.
 * @throws {LlmiError} CONFIG_INVALID naming the file and what would be valid
 */
export async function readProjectManifest(folder: string): Promise<ProjectManifest | undefined> {
  const file = join(folder, 'package.json');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  let content: { llmi?: { models?: unknown } } | null;
  try {
    content = JSON.parse(text.replace(/^\uFEFF/, '')) as typeof content;
  } catch (cause) {
    throw new LlmiError('CONFIG_INVALID', { message: `${file} is not valid JSON: ${(cause as Error).message}`, hint: 'Correct the file.', cause });
  }
  const declared = content?.llmi?.models;
  const parsed = modelsSchema.safeParse(declared ?? {});
  if (parsed.success) return { folder, file, models: parsed.data };
  const { path, message } = parsed.error.issues[0]!;
  throw new LlmiError('CONFIG_INVALID', {
    message: `"llmi.models${path.map((part) => `.${String(part)}`).join('')}" of ${file} is not valid: ${message}.`,
    hint: 'It looks like "llmi": {"models": {"chat": "Qwen/Qwen3-0.6B-GGUF:Q8_0"}}.',
    param: 'llmi.models',
  });
}
