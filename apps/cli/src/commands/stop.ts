import { askServer } from '../serve/running-server.js';
import type { CommonOptions, Session } from '../session.js';

interface StopOptions extends CommonOptions {
  url?: string;
  apiKey?: string;
}

export async function run(session: Session, options: StopOptions, model: string): Promise<void> {
  const { unloaded } = await askServer<{ unloaded: boolean }>(session, 'models/unload', options, { model });
  if (session.json) return session.document({ type: 'unloaded', model, unloaded });
  session.print(unloaded ? `${model} is out of memory.` : `${model} was not in memory.`);
}
