import { LlmiError } from '@llmi/core';
import { createKey, keysPath, readKeys, revokeKey, scopes, type StoredKey } from '../keys/key-file.js';
import { parseExpiry } from '../keys/parse-expiry.js';
import { formatTable } from '../render/table.js';
import { formatAgo } from '../render/units.js';
import type { CommonOptions, Session } from '../session.js';

interface CreateOptions extends CommonOptions {
  name?: string;
  scopes?: string;
  models?: string;
  expires?: string;
}

/** The keys of the server, never themselves. */
export function list(session: Session, _options: CommonOptions): void {
  const keys = readKeys(session.home);
  if (session.json) return session.document({ keys: keys.map(shown) });
  if (keys.length === 0) return session.note('There are no keys. Make one: llmi keys create');
  const rows = keys.map(({ name, scopes: granted, models, expires_at, created_at }) => [name, granted?.join(', ') ?? 'all', models?.join(', ') ?? 'all', expiry(expires_at), formatAgo(created_at)]);
  for (const line of formatTable(['NAME', 'GOOD FOR', 'MODELS', 'UNTIL', 'MADE'].map(session.colours().bold), rows)) session.print(line);
}

/** @throws {LlmiError} USAGE, CONFIG_INVALID, PERMISSION_DENIED, DISK_FULL */
export async function create(session: Session, { name, scopes: given, models, expires }: CreateOptions): Promise<void> {
  if (name !== undefined && !/^[\w.@-]{1,100}$/.test(name)) throw new LlmiError('USAGE', { message: `"${name}" is no name of a key.`, hint: 'Use letters, digits, and . _ @ -' });
  const { key, stored } = await createKey(session.home, {
    name,
    scopes: listed(given)?.map(toScope),
    models: listed(models),
    expires_at: expires === undefined ? undefined : parseExpiry(expires),
  });
  if (session.json) return session.document({ ...shown(stored), key });
  session.print(key);
  session.note(`\nThis is key "${stored.name}". It is shown this once: ${keysPath(session.home)} keeps its hash alone.`);
  session.note('Clients send it as "Authorization: Bearer KEY". A server that runs here knows it in a moment.');
}

/** @throws {LlmiError} NOT_FOUND, PERMISSION_DENIED, DISK_FULL */
export async function revoke(session: Session, _options: CommonOptions, name: string): Promise<void> {
  await revokeKey(session.home, name);
  const isLast = readKeys(session.home).length === 0;
  if (session.json) return session.document({ type: 'revoked', name });
  session.print(`"${name}" is revoked: a server that runs here refuses it in a moment.`);
  if (isLast) session.note('It was the last one: where no other key is set, a server on 127.0.0.1 asks for none now.');
}

const listed = (text: string | undefined) => text?.split(',').map((item) => item.trim()).filter((item) => item !== '');

function toScope(text: string): (typeof scopes)[number] {
  const scope = scopes.find((known) => known === text);
  if (scope) return scope;
  throw new LlmiError('USAGE', { message: `There is no scope "${text}".`, hint: 'Use generate (ask models), manage (load, unload, install and remove them) and metrics, with commas.' });
}

function shown({ name, scopes: granted = [...scopes], models, expires_at, created_at }: StoredKey) {
  return { name, scopes: granted, models: models ?? null, expires_at: expires_at ?? null, created_at };
}

function expiry(time: string | undefined): string {
  if (time === undefined) return '';
  return Date.parse(time) > Date.now() ? time.slice(0, 16).replace('T', ' ') : 'over';
}
