import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LlmiError } from '@llmi/core';

type ConfigTree = { [key: string]: unknown };

/** One value of a settings file, by its key with dots. */
export interface ConfigValue {
  key: string;
  value: unknown;
}

export const configPath = (home: string): string => join(home, 'config.json');

const isTree = (value: unknown): value is ConfigTree => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A JSON object from a file; undefined when there is no such file.
 * @throws {LlmiError} CONFIG_INVALID, PERMISSION_DENIED
 */
export function readJsonObject(file: string): ConfigTree | undefined {
  if (!existsSync(file)) return undefined;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new LlmiError('PERMISSION_DENIED', { message: `${file} cannot be read.`, hint: 'Give yourself the right to read it.', cause });
  }
  let content: unknown;
  try {
    content = JSON.parse(text.replace(/^\uFEFF/, '')); // editors on Windows may put a byte order mark in front
  } catch (cause) {
    throw new LlmiError('CONFIG_INVALID', { message: `${file} is not valid JSON: ${(cause as Error).message}`, hint: 'Correct or delete the file.', cause });
  }
  if (!isTree(content)) throw new LlmiError('CONFIG_INVALID', { message: `${file} does not hold a JSON object.`, hint: 'It looks like {"port": 8000}.' });
  return content;
}

/** `{hub: {offline: true}}` to `hub.offline`: every value that is no object, with its key. */
export function flatten(tree: ConfigTree, prefix = ''): ConfigValue[] {
  return Object.entries(tree).flatMap(([name, value]) => {
    const key = `${prefix}${name}`;
    return isTree(value) ? flatten(value, `${key}.`) : [{ key, value }];
  });
}

/** A copy of `tree` with one value set; undefined takes it out, and the objects that become empty with it. */
export function withValue(tree: ConfigTree, key: string, value: unknown): ConfigTree {
  const [name, ...rest] = key.split('.') as [string, ...string[]];
  const inner = rest.length === 0 ? value : withValue(isTree(tree[name]) ? tree[name] : {}, rest.join('.'), value);
  const isGone = inner === undefined || (isTree(inner) && Object.keys(inner).length === 0);
  const others = Object.entries(tree).filter(([other]) => other !== name);
  return Object.fromEntries(isGone ? others : [...others, [name, inner]]);
}

/** Changes one value of `<home>/config.json`. */
export async function writeConfigValue(home: string, key: string, value: unknown): Promise<string> {
  const file = configPath(home);
  await writeJsonFile(file, withValue(readJsonObject(file) ?? {}, key, value));
  return file;
}

/**
 * Writes a file of the llmi home: beside its place and renamed, so that no reader sees half of it. Only its owner may read it, since
 * it can hold keys.
 * @throws {LlmiError} DISK_FULL, PERMISSION_DENIED
 */
export async function writeJsonFile(file: string, content: object): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(temporary, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {}); // where nothing can be written, nothing can be left either
    const { code } = cause as NodeJS.ErrnoException;
    throw new LlmiError(code === 'ENOSPC' ? 'DISK_FULL' : 'PERMISSION_DENIED', {
      message: `${file} cannot be written (${code}).`,
      hint: code === 'ENOSPC' ? 'Free some space, or set LLMI_HOME to another disk.' : 'Give yourself the right to write there, or set LLMI_HOME to another folder.',
      cause,
    });
  }
}
