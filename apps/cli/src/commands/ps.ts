import { formatBytes } from '@llmi/core/units';
import { withInterrupt } from '../interrupt.js';
import { formatTable } from '../render/table.js';
import { formatAgo } from '../render/units.js';
import { askServer } from '../serve/running-server.js';
import type { CommonOptions, Session } from '../session.js';

interface PsOptions extends CommonOptions {
  url?: string;
  apiKey?: string;
  watch?: boolean;
}

interface LoadedModel {
  name: string;
  state?: string;
  pid: number | null;
  replicas?: { pid: number | null }[];
  memory_bytes: number | null;
  active: number;
  waiting: number;
  device: string | null;
  last_used_at: string;
}

const watchEveryMs = 1000;
const clearScreen = '\u001b[H\u001b[2J';

export async function run(session: Session, options: PsOptions): Promise<void> {
  const show = async () => {
    const { models } = await askServer<{ models: LoadedModel[] }>(session, 'models', options);
    const loaded = models.filter(({ state }) => state !== undefined);
    if (options.watch && session.stdout.isTTY) session.stdout.write(clearScreen);
    if (session.json) session.document({ models: loaded });
    else if (loaded.length === 0) session.note('No model is in memory.');
    else for (const line of tableOf(loaded, session)) session.print(line);
  };
  await show();
  if (!options.watch) return;
  await withInterrupt(session.terminal, async (signal) => {
    while (!signal.aborted) {
      await pause(watchEveryMs, signal);
      await show();
    }
  });
}

function tableOf(models: LoadedModel[], session: Session): string[] {
  const rows = models.map((model) => [
    model.name,
    model.state!,
    model.memory_bytes === null ? '' : formatBytes(model.memory_bytes),
    model.device ?? '',
    String(model.active),
    String(model.waiting),
    formatAgo(model.last_used_at),
    (model.replicas ?? [model]).flatMap(({ pid }) => pid ?? []).join(' '),
  ]);
  return formatTable(['NAME', 'STATE', 'MEMORY', 'DEVICE', 'WORKING', 'WAITING', 'LAST USED', 'PID'].map(session.colours().bold), rows);
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { setTimeout } = await import('node:timers/promises');
  await setTimeout(milliseconds, undefined, { signal });
}
