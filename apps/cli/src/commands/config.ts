import { LlmiError } from '@llmi/core';
import { sessionSettings } from '../open-settings.js';
import { formatTable } from '../render/table.js';
import type { CommonOptions, Session } from '../session.js';
import { configPath, flatten, readJsonObject, writeConfigValue } from '../settings/config-file.js';
import { maskSecret, parseSetting, settingKey } from '../settings/keys.js';

const shown = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

export function show(session: Session, _options: CommonOptions): void {
  const { entries } = sessionSettings(session);
  if (session.json) return session.document({ settings: entries });
  const colours = session.colours();
  const rows = entries.map(({ key, value, source }) => [key, shown(value), colours.dim(source)]);
  for (const line of formatTable(['SETTING', 'VALUE', 'FROM'].map(colours.bold), rows)) session.print(line);
}

/** @throws {LlmiError} CONFIG_INVALID for an unknown key, NOT_FOUND for one without a value */
export function get(session: Session, _options: CommonOptions, key: string): void {
  if (key !== 'home') settingKey(key);
  const entry = sessionSettings(session).entries.find((candidate) => candidate.key === key);
  if (!entry) throw new LlmiError('NOT_FOUND', { message: `Setting "${key}" has no value.`, hint: `Set it with: llmi config set ${key} VALUE`, param: key });
  if (session.json) session.document(entry);
  else session.print(shown(entry.value));
}

export async function set(session: Session, _options: CommonOptions, name: string, text: string): Promise<void> {
  refuseHome(name);
  const key = settingKey(name);
  const value = parseSetting(key, text, 'the command line');
  const file = await writeConfigValue(session.home, name, value);
  const display = key.secret ? maskSecret(String(value)) : value;
  if (session.json) return session.document({ key: name, value: display, source: file });
  session.note(`${name} is ${shown(display)} (${file})`);
  const { value: counted, source } = sessionSettings(session).entries.find((entry) => entry.key === name)!;
  if (source !== file) session.note(`What counts is still ${shown(counted)}, from ${source}.`);
}

/** Takes out any key that is there, a misspelt one too: that is how such a file is mended. */
export async function unset(session: Session, _options: CommonOptions, name: string): Promise<void> {
  refuseHome(name);
  const file = configPath(session.home);
  if (!flatten(readJsonObject(file) ?? {}).some(({ key }) => key === name || key.startsWith(`${name}.`))) {
    throw new LlmiError('NOT_FOUND', { message: `${file} does not set "${name}".`, hint: '"llmi config" shows where each setting comes from.', param: name });
  }
  await writeConfigValue(session.home, name, undefined);
  if (session.json) session.document({ key: name, value: null, source: file });
  else session.note(`${name} is unset (${file})`);
}

function refuseHome(key: string): void {
  if (key !== 'home') return;
  throw new LlmiError('CONFIG_INVALID', { message: 'The llmi home is not set in a file that lies in it.', hint: 'Set the variable LLMI_HOME, or give --home.', param: key });
}
