import { sessionSettings } from '../open-settings.js';
import type { CommonOptions, Session } from '../session.js';
import { tokenFile } from '../settings/hub-environment.js';
import { removeToken } from '../settings/token-file.js';

/** Removes the stored token of the hub. */
export async function run(session: Session, _options: CommonOptions): Promise<void> {
  const file = tokenFile(session.terminal);
  const wasThere = await removeToken(file);
  const left = sessionSettings(session).entries.find(({ key }) => key === 'hub.token')?.source;
  if (session.json) return session.document({ file, removed: wasThere, overridden_by: left ?? null });
  session.print(wasThere ? 'Logged out.' : 'Nobody was logged in.');
  if (left !== undefined) session.note(`A token still counts: that of ${left}.`);
}
