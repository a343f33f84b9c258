import { packageFolder } from './package-folder.js';
import type { Session } from './session.js';
import { resolveSettings, type ResolvedSettings } from './settings/resolve-settings.js';

/** The settings that count for a session, and who said so. */
export function sessionSettings(session: Session): ResolvedSettings {
  const { env, cwd, homeDirectory } = session.terminal;
  return resolveSettings({ env, cwd, homeDirectory, flags: session.options, installationDir: packageFolder });
}
