import { LlmiError } from '@llmi/core';
import { readSecret } from '../read-secret.js';
import { sessionSettings } from '../open-settings.js';
import { readPiped } from '../run/input.js';
import type { CommonOptions, Session } from '../session.js';
import { tokenFile } from '../settings/hub-environment.js';
import { writeToken } from '../settings/token-file.js';

interface LoginOptions extends CommonOptions {
  token?: string;
}

/** Keeps a token of the hub where Hugging Face's own tools keep it, once the hub has said whose it is. The token is never shown. */
export async function run(session: Session, { token: given }: LoginOptions): Promise<void> {
  const { settings, entries } = sessionSettings(session);
  const { hub } = settings;
  if (hub.offline) throw new LlmiError('HUB_OFFLINE', { message: 'The hub is not asked (offline), so the token cannot be checked.', hint: 'Unset HF_HUB_OFFLINE.' });
  const token = (given ?? (await askForToken(session, hub.endpoint))).trim();
  if (!/^\S{1,1000}$/.test(token)) throw new LlmiError('USAGE', { message: token === '' ? 'No token was given.' : 'This is no token: it has spaces in it.', hint: `Make one at ${hub.endpoint}/settings/tokens` });
  const { whoAmI } = await import('@llmi/hub');
  const owner = await whoAmI({ ...hub, token }).catch((error: unknown) => {
    if (!LlmiError.is(error) || error.code !== 'HUB_AUTH_REQUIRED') throw error;
    throw new LlmiError('HUB_AUTH_REQUIRED', { message: 'The hub does not know this token.', hint: `Make a new one at ${hub.endpoint}/settings/tokens`, cause: error });
  });
  const file = tokenFile(session.terminal);
  await writeToken(file, token);
  const source = entries.find(({ key }) => key === 'hub.token')?.source;
  const other = source === undefined || source === file ? undefined : source;
  if (session.json) return session.document({ name: owner.name, role: owner.role ?? null, file, overridden_by: other ?? null });
  session.print(`Logged in as ${owner.name}.`);
  session.note(`The token is in ${file}, for other Hugging Face tools too.`);
  if (other !== undefined) session.note(`What counts is still the token of ${other}.`);
}

async function askForToken(session: Session, endpoint: string): Promise<string> {
  if (session.stdin.isTTY !== true) return (await readPiped(session.stdin)) ?? '';
  session.note(`Make a token at ${endpoint}/settings/tokens (reading is enough).`);
  return readSecret(session, 'Token: ');
}
