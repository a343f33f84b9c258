import { unwatchFile, watchFile, type Stats } from 'node:fs';
import type { AccessRules } from '@llmi/server';
import { keysPath, readKeys } from '../keys/key-file.js';
import { sessionSettings } from '../open-settings.js';
import type { Session } from '../session.js';
import { configPath } from '../settings/config-file.js';

/** Files are looked at this often: it works on every system and file system. */
const watchEveryMs = 1000;

/** Who may ask, as settings and files say it now. @throws {LlmiError} CONFIG_INVALID, PERMISSION_DENIED */
export function accessRules(session: Session): AccessRules {
  const { app } = sessionSettings(session);
  const keys = readKeys(session.home).map(({ hash, scopes, models, expires_at: expiresAt }) => ({ hash, scopes, models, expiresAt }));
  return { apiKeys: [...app.apiKeys, ...keys], allowedHosts: app.allowedHosts, corsOrigins: app.corsOrigins };
}

/** Has a running server follow keys.json and config.json, and read them again on SIGHUP; gives back a function that stops it. */
export function followAccess(session: Session, server: { reload(rules: AccessRules): void }): () => void {
  const tell = (line: string, fields: object) => (session.json ? session.document({ type: 'reload', ...fields }) : session.note(line));
  const reload = () => {
    try {
      const rules = accessRules(session);
      server.reload(rules);
      tell(`Reloaded: API keys (${rules.apiKeys.length}), allowed hosts and origins.`, { ok: true, keys: rules.apiKeys.length });
    } catch (error) {
      tell(`Not reloaded, all stays as it was: ${(error as Error).message}`, { ok: false, message: (error as Error).message });
    }
  };
  const changed = (now: Stats, before: Stats) => void (now.mtimeMs !== before.mtimeMs && reload()); // one that is not there is told of once, too
  const files = [keysPath(session.home), configPath(session.home)];
  for (const file of files) watchFile(file, { interval: watchEveryMs, persistent: false }, changed);
  const release = session.terminal.onReload(reload);
  return () => {
    for (const file of files) unwatchFile(file, changed);
    release();
  };
}
