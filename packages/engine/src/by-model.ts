import { join } from 'node:path';
import { chosenFiles, LlmiError } from '@llmi/core';
import { parseReference } from '@llmi/hub';
import type { ServedModel } from './contract.js';

type Find = (name: string) => Promise<ServedModel>;

/** What settings say of one model: they may call it by any name that finds it, and mean every model by `*`. */
export async function settingFor<Value>(served: ServedModel, byName: Record<string, Value> = {}, find: Find): Promise<Value | undefined> {
  for (const [name, value] of Object.entries(byName)) {
    if (name === '*') continue;
    const named = name === served.name ? served : await find(name).catch(() => undefined); // not installed: of no concern here
    if (named?.name === served.name) return value;
  }
  return byName['*'];
}

/**
 * Path of the .gguf file of a model that guesses ahead for others.
 * @throws {LlmiError} MODEL_NOT_FOUND, MODEL_NOT_INSTALLED, MODEL_FORMAT_UNSUPPORTED
 */
export async function draftFile(draft: string, find: Find): Promise<string> {
  const reference = parseReference(draft, process.cwd());
  if (reference.kind === 'file') return reference.path;
  const { installed } = await find(draft);
  const [file] = chosenFiles(installed.info).map(({ path }) => path).filter((path) => path.toLowerCase().endsWith('.gguf')).sort(); // of a split one, the first part
  if (file !== undefined) return join(installed.path, file);
  throw new LlmiError('MODEL_FORMAT_UNSUPPORTED', { message: `${installed.name} has no GGUF file, so it cannot guess ahead.`, hint: 'Take a smaller GGUF model with the same vocabulary.', param: 'drafts' });
}
