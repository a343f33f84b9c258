import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LlmiError } from '@llmi/core';
import { flatten, readJsonObject, type ConfigValue } from './config-file.js';
import { settingKey } from './keys.js';

/** Parts of the `llmi` field that are no settings: the manifest of a handler package, and the models a project declares. */
const otherFields = ['apiVersion', 'models'];

/** The nearest folder with a package.json, at or above `cwd`. */
export function findProject(cwd: string): string | undefined {
  if (existsSync(join(cwd, 'package.json'))) return cwd;
  const parent = dirname(cwd);
  return parent === cwd ? undefined : findProject(parent);
}

/**
 * Settings in the `llmi` field of a project's package.json.
 * @throws {LlmiError} CONFIG_INVALID
 */
export function readProjectSettings(projectDir: string): { file: string; values: ConfigValue[] } {
  const file = join(projectDir, 'package.json');
  const field = readJsonObject(file)?.llmi;
  if (typeof field !== 'object' || field === null || Array.isArray(field)) return { file, values: [] };
  const settings = Object.entries(field).filter(([name, value]) => !otherFields.includes(name) && !(name === 'handlers' && Array.isArray(value)));
  const values = flatten(Object.fromEntries(settings));
  for (const { key } of values) {
    if (!settingKey(key, file).personal) continue;
    throw new LlmiError('CONFIG_INVALID', {
      message: `${file} sets "${key}", which a project may not.`,
      hint: `Take it out of the "llmi" field; set it for yourself with: llmi config set ${key} VALUE`,
      param: key,
    });
  }
  return { file, values };
}

/** What the project calls the models that it declares, for completion: none where its package.json cannot be read. */
export function declaredModels(cwd: string): string[] {
  try {
    const folder = findProject(cwd);
    const field = folder === undefined ? undefined : readJsonObject(join(folder, 'package.json'))?.llmi;
    const models = (field as { models?: unknown } | null | undefined)?.models;
    return typeof models === 'object' && models !== null ? Object.keys(models) : [];
  } catch {
    return [];
  }
}
