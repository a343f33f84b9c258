import { createEngine } from '@llmi/engine';
import { sessionSettings } from './open-settings.js';
import { logWriter } from './render/log.js';
import type { Services } from './session.js';

/** The engine of this installation over the session's settings. */
export const openEngine: Services['openEngine'] = async (session) => {
  const { settings, app } = sessionSettings(session);
  const level = session.verbose ? 'debug' : app.logLevel;
  return { engine: createEngine({ ...settings, log: logWriter(session, level) }), app };
};
